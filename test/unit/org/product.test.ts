import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createRedactor } from "../../../src/core/redact.ts";
import { openProduct } from "../../../src/org/product.ts";
import { readFleet } from "../../../src/pipeline/fleet.ts";
import { must } from "../release/world.ts";
import { put, raw, repository, scratch } from "../tools/git/scratch.ts";

const SPEC = "---\nproduct: tides\ncompany: acme\n---\n# Tides\n";

/** A product with a remote, and the state folder of a program that works on it where nobody keeps a work tree. */
function place() {
  const { root, remote } = repository();
  const state = scratch();
  const fleet = `companies: { acme: { accounts: {} } }\nproducts: { tides: { company: acme, repo: ${JSON.stringify(remote)} } }\n`;
  const homes = { config: join(state, "config"), state, cache: join(state, "cache") };
  return {
    root,
    remote,
    checkouts: join(state, "checkouts", "acme"),
    checkout: join(state, "checkouts", "acme", "tides"),
    publish(message: string) {
      put(root, "SPEC.md", SPEC);
      raw(root, "add", ".");
      raw(root, "commit", "-qm", message);
      raw(root, "push", "-q", "origin", "main");
    },
    open: () =>
      openProduct({
        cwd: state,
        name: "tides",
        fleet: must(readFleet(fleet, { file: "fleet.yaml" })),
        organisationConfig: undefined,
        user: {
          organisation: undefined,
          saidBy: "",
          databaseUrl: undefined,
          workspaces: undefined,
          artifacts: undefined,
          homes,
          file: "",
        },
        environment: {},
        catchUp: true,
        redactor: createRedactor(),
        signal: new AbortController().signal,
      }),
  };
}

it("a clone that was killed before it had a commit is made again", async () => {
  const { checkout, publish, open } = place();
  publish("docs: a specification");
  mkdirSync(checkout, { recursive: true });
  raw(checkout, "init", "-q", "-b", "main");
  expect(must(await open()).path).toBe(checkout);
  expect(readFileSync(join(checkout, "SPEC.md"), "utf8")).toBe(SPEC);
});

it("a checkout from before there was a specification gets it from the remote", async () => {
  const { publish, open } = place();
  const without = await open();
  expect(without.ok ? [] : without.diagnostics.map(({ code }) => code)).toEqual(["product.no_spec"]);
  publish("docs: a specification");
  expect(must(await open()).name).toBe("tides");
});

it("of several that clone at once each has the whole checkout, and nothing is left beside it", async () => {
  const { checkouts, publish, open } = place();
  publish("docs: a specification");
  const all = await Promise.all([1, 2, 3, 4].map(() => open()));
  expect(all.map((one) => one.ok)).toEqual([true, true, true, true]);
  expect(readdirSync(checkouts)).toEqual(["tides"]);
});

it("what somebody left in a checkout without a commit is nobody's to remove", async () => {
  const { checkout, publish, open } = place();
  publish("docs: a specification");
  mkdirSync(checkout, { recursive: true });
  raw(checkout, "init", "-q", "-b", "main");
  put(checkout, "notes.txt", "mine\n");
  expect((await open()).ok).toBe(false);
  expect(readFileSync(join(checkout, "notes.txt"), "utf8")).toBe("mine\n");
});
