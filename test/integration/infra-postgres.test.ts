import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { applyInfra } from "../../src/pillars/infra/apply.ts";
import { planInfra } from "../../src/pillars/infra/plan.ts";
import type { Session } from "../../src/pipeline/session.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";
import { type Cluster, startCluster } from "./postgres-cluster.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let world: World;
let cluster: Cluster;
let url: string;

const RULES = "version: 1\nrules: [{ id: all-here, allow: [infra.apply, secret.read] }]\n";
const CONFIG = "infra: { backend: pg, secrets: PG_CONN_STR }\n";
const main = (names: string) => `
variable "environment" { type = string }
resource "terraform_data" "host" { for_each = toset(${names}) }
output "names" { value = keys(terraform_data.host) }
`;
/** A session on a machine with a state directory of its own. */
async function machine(name: string): Promise<Session> {
  const opened = await world.session({
    constitution: RULES,
    config: CONFIG,
    environment: { PG_CONN_STR: `${url}?sslmode=disable` },
  });
  return { ...opened, homes: { ...opened.homes, state: join(world.place.root, name) } };
}

beforeAll(async () => {
  const bin = execFileSync("bash", ["scripts/install-tofu.sh"], { encoding: "utf8" })
    .trim()
    .split("\n")
    .at(-1) as string;
  process.env.PATH = `${bin}:${process.env.PATH}`;
  process.env.TF_CLI_CONFIG_FILE = "/dev/null";
  cluster = await startCluster();
  ({ url } = await cluster.createDatabase());
  world = await releaseWorld({
    front: "infrastructure: { environments: [staging] }",
    files: { "tofu/main.tf": main('["web"]') },
  });
});
afterAll(async () => {
  await world?.close();
  await cluster?.remove();
});

const plan = async (session: Session) => await planInfra(session, { environment: "staging", mode: "change" });

test("the state is in PostgreSQL: another machine plans on it, applies to it, and the first sees that", async () => {
  const first = await machine("first");
  must(await plan(first));
  expect(must(await applyInfra(first, { environment: "staging", plan: undefined }))).toMatchObject({
    state: "applied",
    outputs: { names: ["web"] },
  });
  const second = await machine("second");
  expect(must(await plan(second)).changes).toEqual([]);

  world.write("tofu/main.tf", main('["web", "api"]'));
  world.commit("feat: another host");
  const more = must(await plan(second));
  expect(more.changes).toEqual([{ address: 'terraform_data.host["api"]', action: "create" }]);
  must(await applyInfra(second, { environment: "staging", plan: more.digest }));
  expect(must(await plan(first)).changes).toEqual([]);
});
