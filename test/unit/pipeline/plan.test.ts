import { describe, expect, it } from "vitest";
import { digestOf, type Json } from "../../../src/core/canonical.ts";
import { findStage, planSchema, stageNames } from "../../../src/pipeline/plan.ts";
import { planFor } from "./support.ts";

describe("planOf", () => {
  it("orders build and test, own stages as written, then docs, release and announce", () => {
    const plan = planFor("stages: { zip: z, test: t, assets: a, build: b }\nannounce: [webhook]");
    expect(plan.stages.map((stage) => stage.name)).toEqual([
      "build",
      "test",
      "zip",
      "assets",
      "docs",
      "release",
      "announce",
    ]);
  });

  it("takes build and test from the ecosystem where the spec is silent", () => {
    const plan = planFor("stages: { test: mine }", { defaultStages: { build: "npm run build", test: "npm test" } });
    expect(plan.stages.flatMap((stage) => (stage.kind === "command" ? [stage.run] : []))).toEqual([
      "npm run build",
      "mine",
    ]);
  });

  it("scans where the spec asks for it, before anything is released", () => {
    const plan = planFor("scan: true\nstages: { test: t }");
    expect(plan.stages.map(({ name }) => name)).toEqual(["test", "scan", "docs", "release"]);
    expect(plan.stages[1]).toMatchObject({ kind: "step", step: "scan", jenkins_step: "monkeysScan" });
  });

  it("leaves out docs without a site and announcements without a channel", () => {
    expect(planFor("docs: { site: none }").stages.map((stage) => stage.name)).toEqual(["release"]);
  });

  it("releases and announces on the main branch only", () => {
    const plan = planFor("announce: [x]", { config: "git: { main_branch: trunk }" });
    expect(plan.stages.flatMap((stage) => ("when" in stage ? [[stage.name, stage.when]] : []))).toEqual([
      ["release", { branch: ["trunk"] }],
      ["announce", { branch: ["trunk"] }],
    ]);
  });

  it("expands a matrix into named cells with their variables, the last axis fastest", () => {
    const plan = planFor(
      "stages: { test: { run: t, matrix: { node: [22, 24], db: [pg, my sql] }, when: { tag: v* } } }",
    );
    expect(plan.stages[0]).toMatchObject({
      kind: "parallel",
      name: "test",
      when: { tag: ["v*"] },
      branches: [
        { name: "test-node-22-db-pg", env: { MATRIX_NODE: "22", MATRIX_DB: "pg" } },
        { name: "test-node-22-db-my_sql", env: { MATRIX_NODE: "22", MATRIX_DB: "my sql" } },
        { name: "test-node-24-db-pg", env: { MATRIX_NODE: "24", MATRIX_DB: "pg" } },
        { name: "test-node-24-db-my_sql", env: { MATRIX_NODE: "24", MATRIX_DB: "my sql" } },
      ],
    });
    expect(plan.stages[0]?.kind === "parallel" && plan.stages[0].branches[0]).not.toHaveProperty("when");
  });

  it("gives parallel branches what the group says unless they say otherwise", () => {
    const plan = planFor(
      "stages: { check: { timeout_minutes: 7, network: none, parallel: { a: x, b: { run: y, timeout_minutes: 3, network: host } } } }",
    );
    expect(plan.stages[0]).toMatchObject({
      branches: [
        { name: "check-a", run: "x", timeout_minutes: 7, network: "none" },
        { name: "check-b", run: "y", timeout_minutes: 3, network: "host" },
      ],
    });
  });

  it("is stable, is valid by its own schema, and its digest covers all the rest", () => {
    const front = "tier: 1\nstages: { test: { run: t, reports: { junit: a.xml } } }";
    const plan = planFor(front);
    expect(JSON.stringify(planFor(front))).toBe(JSON.stringify(plan));
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    const { digest, ...rest } = plan;
    expect(digest).toBe(digestOf(rest as unknown as Json));
    expect(planFor(`${front}\npriority: high`).digest).not.toBe(digest);
  });

  it("lets the organisation's word on tier and priority count, and urgent products wait less", () => {
    const fleet = `companies: { acme: {} }
products: { payments: { company: acme, repo: r, tier: 0, priority: critical } }`;
    const urgent = planFor("priority: low", { fleet });
    expect(urgent).toMatchObject({ tier: 0, priority: "critical", options: { quiet_period_seconds: 0 } });
    expect(planFor("priority: low").options.quiet_period_seconds).toBeGreaterThan(0);
  });

  it("carries the constitution's zones and the config's library", () => {
    const plan = planFor("", { constitution: "version: 1\nzones: two\n", config: "jenkins: { library: cm@v2 }" });
    expect(plan).toMatchObject({ zones: "two", library: "cm@v2" });
  });

  it("finds a stage and a branch by name", () => {
    const plan = planFor("stages: { check: { parallel: { lint: x } } }");
    expect(stageNames(plan)).toEqual(["check", "check-lint", "docs", "release"]);
    expect(findStage(plan, "check-lint")).toMatchObject({ stage: { run: "x" }, group: { name: "check" } });
    expect(findStage(plan, "nope")).toBeUndefined();
  });
});
