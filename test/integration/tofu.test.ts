import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOOP_RULES, type SpineWorld, spineWorld } from "../feature/spine-world.ts";

let world: SpineWorld;

interface Plan {
  readonly digest: string;
  readonly changes: readonly { readonly address: string; readonly action: string }[];
  readonly resources: number;
}
interface Applied {
  readonly state: string;
  readonly outputs: Record<string, unknown>;
  readonly plan: Plan;
}

const FRONT = "infrastructure: { environments: [staging, production] }\nstages: { test: npm test }";
const RULES = `${LOOP_RULES}
  - { id: staging, allow: [infra.apply], when: target.environment == "staging" && infra.deletes == 0 }
  - id: people
    ask: [infra.apply]
    of: { group: ops, count: 1, within: 4h }
    when: target.environment == "production" || infra.deletes > 0
`;
const MORE = "\ngroups: { ops: [ann] }\n";
const SPEC_WITHOUT =
  "---\nproduct: payments\ncompany: acme\ndocs: { site: none }\ninfrastructure: { environments: [staging, production], path: elsewhere }\n---\n# Payments\nTake card payments.\n";
const codesOf = (result: { readonly diagnostics: readonly { readonly code: string }[] }) =>
  result.diagnostics.map(({ code }) => code);
const main = (names: string) => `
variable "environment" { type = string }
resource "terraform_data" "host" {
  for_each = toset(${names})
  input    = { name = each.key, region = "eu-west-1" }
}
output "hosts" { value = { for name, host in terraform_data.host : name => "\${name}.\${var.environment}.internal" } }
output "password" {
  value     = "s3cret-0utput"
  sensitive = true
}
`;

beforeAll(async () => {
  const bin = execFileSync("bash", ["scripts/install-tofu.sh"], { encoding: "utf8" })
    .trim()
    .split("\n")
    .at(-1) as string;
  process.env.PATH = `${bin}:${process.env.PATH}`;
  // Whatever this machine's own settings are: OpenTofu's built-in resources need no provider.
  const settings = join(mkdtempSync(join(tmpdir(), "codemonkeys-")), "tofu.rc");
  writeFileSync(settings, "");
  process.env.TF_CLI_CONFIG_FILE = settings;
  world = await spineWorld({ front: FRONT, files: { "tofu/main.tf": main('["web"]') } });
  await world.govern(RULES, MORE);
});
afterAll(async () => {
  rmSync(dirname(process.env.TF_CLI_CONFIG_FILE as string), { recursive: true, force: true });
  await world?.close();
});

const staging = ["--environment", "staging"] as const;

test("a plan is kept and exactly it is applied; outputs are kept, the sensitive one is not", async () => {
  const plan = await world.result<Plan>("infra", "plan", ...staging);
  expect(plan.diagnostics).toEqual([]);
  expect(plan.data.changes).toEqual([{ address: 'terraform_data.host["web"]', action: "create" }]);

  const dry = await world.result<Applied>("infra", "apply", ...staging, "--dry-run");
  expect(dry.data.state).toBe("planned");

  const applied = await world.result<Applied>("infra", "apply", ...staging);
  expect(applied.diagnostics).toEqual([]);
  expect(applied.data).toMatchObject({ state: "applied", outputs: { hosts: { web: "web.staging.internal" } } });
  expect(applied.data.plan.digest).toBe(plan.data.digest);
  const outputs = readFileSync(join(world.state, "infra/acme/payments/staging/outputs.json"), "utf8");
  expect(outputs).toContain("web.staging.internal");
  expect(outputs + JSON.stringify(applied)).not.toContain("s3cret-0utput");

  const again = await world.result<Plan>("infra", "plan", ...staging);
  expect(again.data.changes).toEqual([]);
  expect((await world.run("infra", "drift", ...staging)).code).toBe(0);
  expect(existsSync(join(world.product, "tofu/.terraform"))).toBe(false);
});

test("a plan that the state has moved past is refused", async () => {
  await world.change("feat: another host", { "tofu/main.tf": main('["web", "api"]') });
  const first = await world.result<Plan>("infra", "plan", ...staging);
  await world.change("feat: a third", { "tofu/main.tf": main('["web", "api", "db"]') });
  const second = await world.result<Plan>("infra", "plan", ...staging);
  expect((await world.result<Applied>("infra", "apply", ...staging, "--plan", second.data.digest)).data.state).toBe(
    "applied",
  );
  const stale = await world.result("infra", "apply", ...staging, "--plan", first.data.digest.slice(0, 12));
  expect(stale.diagnostics[0]).toMatchObject({ code: "tofu.stale_plan", kind: "policy" });
});

test("a destroy asks people, for exactly the plan that they see", async () => {
  const asked = await world.result("infra", "destroy", ...staging);
  expect(asked.code).toBe(7);
  const id = asked.approval?.id as string;
  expect((await world.runWith({ CODEMONKEYS_REQUESTER: "ann" }, "approve", id)).code).toBe(0);
  const done = await world.result<Applied>("infra", "destroy", ...staging);
  expect(done.data).toMatchObject({ state: "applied", plan: { resources: 0 } });
  expect((await world.result<Plan>("infra", "plan", ...staging)).data.changes).toHaveLength(3);
});

test("the modules of this repository are formatted and valid, and pass their own tests", () => {
  const scratch = mkdtempSync(join(tmpdir(), "codemonkeys-"));
  const tofu = (...args: string[]) =>
    execFileSync("tofu", args, { cwd: scratch, encoding: "utf8", env: { ...process.env, CHECKPOINT_DISABLE: "1" } });
  try {
    cpSync("tofu", scratch, { recursive: true });
    expect(tofu("fmt", "-check", "-recursive")).toBe("");
    const names = readdirSync("tofu/modules");
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const at = `-chdir=modules/${name}`;
      tofu(at, "init", "-input=false", "-no-color");
      expect(tofu(at, "validate", "-no-color")).toContain("The configuration is valid");
      expect(tofu(at, "test", "-no-color")).toMatch(/[1-9]\d* passed, 0 failed/);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

test("wrong input says where: a syntax error, an unknown environment, a changed plan file", async () => {
  const plan = await world.result<Plan>("infra", "plan", ...staging);
  const file = join(world.state, `infra/acme/payments/staging/plans/${plan.data.digest}.tfplan`);
  writeFileSync(file, "another");
  expect((await world.result("infra", "apply", ...staging)).diagnostics[0]?.code).toBe("infra.plan_changed");
  const unknown = await world.result("infra", "plan", "--environment", "stagin");
  expect(unknown.diagnostics[0]).toMatchObject({ code: "infra.environment", next: "did you mean staging?" });
  await world.change("feat: wrong", { "tofu/main.tf": 'resource "terraform_data" "x" { input = missing.thing }\n' });
  const wrong = await world.result("infra", "plan", ...staging);
  expect(wrong.diagnostics[0]).toMatchObject({ code: "tofu.refused", where: { file: "main.tf", line: 1 } });
});

test("a pipeline plans and applies in one, goes on when people agreed, and gives up an older commit's plan", async () => {
  const production = ["--environment", "production", "--plan", "new"] as const;
  await world.change("fix: it reads again", { "tofu/main.tf": main("[]") });
  const asked = await world.result<Applied>("infra", "apply", ...production);
  expect(asked.code).toBe(7);
  await world.change("feat: one host", { "tofu/main.tf": main('["web"]') });
  const newer = await world.result<Applied>("infra", "apply", ...production);
  expect([newer.code, newer.approval?.id]).toEqual([7, expect.not.stringMatching(asked.approval?.id as string)]);
  const waiting = (await world.run("status", "--json")).stdout;
  expect(JSON.parse(waiting).data.waiting).toHaveLength(1);
  expect((await world.runWith({ CODEMONKEYS_REQUESTER: "ann" }, "approve", newer.approval?.id as string)).code).toBe(0);
  const done = await world.result<Applied>("infra", "apply", ...production);
  expect(done.data).toMatchObject({
    state: "applied",
    plan: { resources: 1 },
    outputs: { hosts: { web: "web.production.internal" } },
  });
});

test("is planned in one half and applied in the other, the very plan that people agreed to (zones: two)", async () => {
  await world.govern(RULES, `${MORE}zones: two\n`);
  await world.change("feat: two hosts", { "tofu/main.tf": main('["web", "api"]') });
  const work = await world.result<Applied>("infra", "apply", "--environment", "production", "--plan", "new");
  expect([work.verdict, work.data.state, codesOf(work)]).toEqual(["waiting", "handed_over", []]);
  const { job, path, run, digests } = work.handover ?? { run: "", digests: [] };
  expect([job, path, digests]).toEqual(["apply", "acme/_act/apply", [work.data.plan.digest]]);
  // The act half has a checkout of its own, and what its owner changes in it counts for nothing.
  await world.change("feat: all gone", { "tofu/main.tf": main("[]"), "SPEC.md": SPEC_WITHOUT });
  const act = (digest: string, ...more: string[]) =>
    world.result<Applied>("infra", "apply", "--half", "act", "--take", run, "--digest", digest, ...more);
  expect(codesOf(await act("a".repeat(64)))).toEqual(["half.other_digests"]);
  const asked = await act(digests[0] as string);
  expect(asked.code).toBe(7);
  expect((await world.runWith({ CODEMONKEYS_REQUESTER: "ann" }, "approve", asked.approval?.id as string)).code).toBe(0);
  const done = await act(digests[0] as string);
  expect([done.data.state, done.data.plan.digest, Object.keys(done.data.outputs.hosts as object)]).toEqual([
    "applied",
    digests[0],
    ["api", "web"],
  ]);
  expect(codesOf(await act(digests[0] as string))).toEqual(["infra.run_ended"]);
});
