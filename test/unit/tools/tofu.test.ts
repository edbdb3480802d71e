import { describe, expect, test } from "vitest";
import { infraFacts } from "../../../src/tools/tofu/facts.ts";
import { readMessages } from "../../../src/tools/tofu/messages.ts";
import { readPlan } from "../../../src/tools/tofu/plan.ts";

const change = (address: string, actions: string[], after: unknown = {}) => ({
  address,
  type: address.split(".")[0],
  provider_name: "registry.opentofu.org/hashicorp/aws",
  change: { actions, before: null, after },
});

describe("a plan as OpenTofu shows it", () => {
  const shown = JSON.stringify({
    format_version: "1.2",
    resource_changes: [
      change("aws_instance.web", ["create"], { availability: { zone: "eu-west-1a" } }),
      change("aws_instance.db", ["delete", "create"]),
      change("aws_instance.swap", ["create", "delete"]),
      change("aws_instance.old", ["delete"]),
      change("aws_instance.same", ["no-op"]),
      change("data.aws_ami.x", ["read"]),
      change("aws_instance.kept", ["update"]),
    ],
    resource_drift: [change("aws_instance.kept", ["update"])],
    output_changes: { hosts: { actions: ["update"] }, same: { actions: ["no-op"] }, address: { actions: ["create"] } },
    planned_values: {
      root_module: {
        resources: [{ mode: "managed" }, { mode: "data" }],
        child_modules: [{ resources: [{ mode: "managed" }] }],
      },
    },
    configuration: {
      provider_config: {
        aws: { expressions: { region: { constant_value: "us-east-1" }, other: [{ references: ["var.x"] }] } },
      },
    },
  });

  test("is read though warnings stand before it", () => {
    expect(readPlan(`\nWarning: Unable to open CLI configuration file\n\nIt does not exist.\n\n${shown}\n`)).toEqual(
      readPlan(shown),
    );
    expect(readPlan("Warning: only this\n").ok).toBe(false);
  });

  test("becomes changes, drift, resources and regions", () => {
    const plan = readPlan(shown);
    if (!plan.ok) throw new Error(JSON.stringify(plan.diagnostics));
    expect(plan.value.changes.map(({ address, action }) => `${action} ${address}`)).toEqual([
      "create aws_instance.web",
      "replace aws_instance.db",
      "replace aws_instance.swap",
      "delete aws_instance.old",
      "update aws_instance.kept",
    ]);
    expect(plan.value).toMatchObject({
      outputs: ["address", "hosts"],
      resources: 2,
      regions: ["eu-west-1a", "us-east-1"],
    });
    expect(
      Object.fromEntries(Object.entries(infraFacts(plan.value)).map(([name, fact]) => [name, fact?.value])),
    ).toEqual({
      "infra.creates": 3,
      "infra.updates": 1,
      "infra.deletes": 3,
      "infra.resources": 2,
      "infra.regions": ["eu-west-1a", "us-east-1"],
      "infra.drifted": true,
    });
  });

  test("of an unknown format, or none at all, is refused", () => {
    for (const text of [
      "",
      "not json",
      "[]",
      '{"format_version":"2.0"}',
      '{"format_version":"1.0","resource_changes":3}',
    ]) {
      const read = readPlan(text);
      expect(read.ok ? "read" : read.diagnostics[0]?.code).toBe("tofu.unreadable_plan");
    }
  });
});

describe("OpenTofu's messages", () => {
  const message = (more: object) =>
    JSON.stringify({ "@level": "info", "@message": "said", "@module": "tofu.ui", ...more });

  test("are progress, problems with their place, or nothing", () => {
    expect(readMessages(message({ type: "apply_start" }))).toEqual([{ progress: "said" }]);
    expect(readMessages(message({ type: "version" }))).toEqual([]);
    expect(readMessages("plain words of a provider")).toEqual([]);
    expect(readMessages("{ not json")).toEqual([]);
    const [wrong] = readMessages(
      message({
        type: "diagnostic",
        diagnostic: {
          severity: "error",
          summary: "Unsupported argument",
          detail: 'An argument named "x" is not expected here.',
          range: { filename: "main.tf", start: { line: 3, column: 5, byte: 20 }, end: {} },
        },
      }),
    );
    expect(wrong?.diagnostic).toMatchObject({
      code: "tofu.refused",
      message: 'Unsupported argument: An argument named "x" is not expected here.',
      where: { file: "main.tf", line: 3, column: 5 },
    });
  });

  test("that say what only a person or time can solve have codes of their own", () => {
    const code = (summary: string) =>
      readMessages(message({ type: "diagnostic", diagnostic: { severity: "error", summary } }))[0]?.diagnostic?.code;
    expect(code("Error acquiring the state lock")).toBe("tofu.locked");
    expect(code("Saved plan is stale")).toBe("tofu.stale_plan");
  });
});

test("a lock on the state that PostgreSQL holds does not name who asks as its owner", () => {
  const detail =
    "Error message: Workspace is already locked: default\nLock Info:\n  ID:        10439d66\n  Who:       me@here\n";
  const line = {
    "@level": "error",
    "@message": "Error: Error acquiring the state lock",
    type: "diagnostic",
    diagnostic: { severity: "error", summary: "Error acquiring the state lock", detail },
  };
  const [held] = readMessages(JSON.stringify(line));
  expect(held?.diagnostic).toMatchObject({ code: "tofu.locked", next: expect.stringContaining("pg_stat_activity") });
  expect(JSON.stringify(held)).not.toContain("me@here");
  const others = { ...line, diagnostic: { ...line.diagnostic, detail: "Lock Info:\n  Who:       ann@there\n" } };
  const [other] = readMessages(JSON.stringify(others));
  expect(other?.diagnostic).toMatchObject({ code: "tofu.locked", details: expect.stringContaining("ann@there") });
});
