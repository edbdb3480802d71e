import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { placeOf } from "../../src/pillars/deploy/place.ts";
import { withPlaybook } from "../../src/pillars/deploy/playing.ts";
import { applyInfra, destroyInfra } from "../../src/pillars/infra/apply.ts";
import { planInfra } from "../../src/pillars/infra/plan.ts";
import { checkPlaybook } from "../../src/tools/ansible/ansible.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";

vi.setConfig({ testTimeout: 120_000 });

let world: World;
const RULES = "version: 1\nrules: [{ id: all-here, allow: [infra.apply] }]\n";
const CONFIG = "overridable: [ship.ansible.playbook_dir]\n";
const session = () => world.session({ constitution: RULES, config: CONFIG });

// What a template would do, if an output were one.
const TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'echo evaluated') }}";
const main = (hosts: string) => `
variable "environment" { type = string }
resource "terraform_data" "store" { input = "orders-store" }
output "hosts" { value = ${hosts} }
output "bucket" { value = terraform_data.store.output }
output "words" { value = [${JSON.stringify(TEMPLATE)}] }
output "password" {
  value     = "s3cret-0utput"
  sensitive = true
}
`;
const SERVERS = `module "servers" {
  source      = "./modules/service-host"
  environment = var.environment
  servers     = { web-1 = { address = "10.0.0.1" }, web-2 = { address = "10.0.0.2", port = 2200 } }
}
`;
const PLAYBOOK = `- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.set_stats:
        per_host: false
        data:
          "{{ inventory_hostname | replace('-', '_') }}": "{{ [ansible_host, ansible_port | default('-'), infra.bucket, infra | dict2items | map(attribute='key') | sort | join('+')] | join(' ') }}"
          words: "{{ infra.words }}"
`;

beforeAll(async () => {
  const bin = execFileSync("bash", ["scripts/install-tofu.sh"], { encoding: "utf8" })
    .trim()
    .split("\n")
    .at(-1) as string;
  process.env.PATH = `${bin}:${process.env.PATH}`;
  process.env.TF_CLI_CONFIG_FILE = "/dev/null";
  world = await releaseWorld({
    front: "infrastructure: { environments: [staging] }\ndeploy:\n  - { environment: staging, playbook: seen.yml }",
    files: {
      "tofu/main.tf": main("module.servers.hosts"),
      "tofu/servers.tf": SERVERS,
      ...Object.fromEntries(
        ["main.tf", "outputs.tf", "variables.tf", "versions.tf"].map((name) => [
          `tofu/modules/service-host/${name}`,
          readFileSync(join("tofu/modules/service-host", name), "utf8"),
        ]),
      ),
      "seen.yml": PLAYBOOK,
    },
  });
});
afterAll(() => world?.close());

test("outputs of the newest apply are a deployment's servers and its variable infra, as they are and without the sensitive ones", async () => {
  const opened = await session();
  must(await planInfra(opened, { environment: "staging", mode: "change" }));
  must(await applyInfra(opened, { environment: undefined, plan: undefined }));
  const place = must(await placeOf(opened, "staging"));
  expect(place.hosts).toEqual({
    "web-1": { host: "10.0.0.1", port: undefined, user: undefined },
    "web-2": { host: "10.0.0.2", port: 2200, user: undefined },
  });
  const { digest: sha256 } = must(await opened.artifacts.put(Buffer.from("a program")));
  const artifact = { package: "payments", kind: "archive", file: "payments.tgz", sha256 } as const;
  let inventory = "";
  const played = await withPlaybook(opened, { place, artifact, variables: {} }, async (options) => {
    inventory = readFileSync(options.inventory as string, "utf8");
    return await checkPlaybook(options);
  });
  expect(must(played).data).toEqual({
    web_1: "10.0.0.1 - orders-store bucket+words",
    web_2: "10.0.0.2 2200 orders-store bucket+words",
    // set_stats puts the lists of both servers together.
    words: [TEMPLATE, TEMPLATE],
  });
  const kept = execFileSync("grep", ["-rl", "s3cret-0utput", join(world.place.root, "state")], { encoding: "utf8" });
  const secret = kept
    .trim()
    .split("\n")
    .filter((file) => !/terraform\.tfstate$|\.tfplan$/.test(file));
  expect(secret).toEqual([]);
  expect(inventory + JSON.stringify(world.events)).not.toContain("s3cret-0utput");
  expect(opened.redactor.redact("s3cret-0utput")).toBe("[redacted]");
});

test("outputs that change without a resource are applied; hosts that are none are refused; removed ones are gone", async () => {
  const applied = async (hosts: string) => {
    world.write("tofu/main.tf", main(hosts));
    world.commit("feat: other hosts");
    const plan = must(await planInfra(await session(), { environment: "staging", mode: "change" }));
    expect(plan).toMatchObject({ changes: [], outputs: ["hosts"] });
    must(await applyInfra(await session(), { environment: "staging", plan: plan.digest }));
    const place = await placeOf(await session(), "staging");
    return place.ok ? Object.keys(place.value.hosts) : [place.diagnostics[0]?.code, place.diagnostics[0]?.where?.file];
  };
  expect(await applied('{ web-3 = "10.0.0.3" }')).toEqual(["web-3"]);
  expect(await applied('["10.0.0.3"]')).toEqual(["deploy.infra_hosts", "SPEC.md"]);
  must(await destroyInfra(await session(), { environment: "staging" }));
  const gone = await placeOf(await session(), "staging");
  expect(gone.ok ? [] : gone.diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ["deploy.no_servers", "the infrastructure of staging was removed"],
  ]);
});
