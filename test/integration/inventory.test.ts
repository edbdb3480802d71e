import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { placeOf } from "../../src/pillars/deploy/place.ts";
import { withPlaybook } from "../../src/pillars/deploy/playing.ts";
import { readFleet } from "../../src/pipeline/fleet.ts";
import type { Session } from "../../src/pipeline/session.ts";
import { checkPlaybook } from "../../src/tools/ansible/ansible.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";

let world: World;

const CONFIG = "overridable: [ship.ansible.playbook_dir]\nship: { ansible: { inventory: hosts/all.yml } }\n";
const ORGANISATION = {
  "fleet.yaml": `companies: { acme: {}, other: {} }
products: { payments: { company: acme, repo: here } }
servers:
  web-1: { company: acme, host: 10.0.0.1, user: fleet }
  web-2: { company: acme, host: 10.0.0.2, user: fleet, port: 2200 }
  theirs: { company: other, host: 10.0.0.9 }
`,
  "hosts/all.yml": `all:
  hosts: { web-1: { ansible_user: inventory, colour: blue }, db-1: { ansible_host: 10.1.0.1 }, theirs: {} }
  children: { staging: { hosts: { db-1: {} } }, elsewhere: { hosts: { localhost: {} } } }
`,
  "hosts/group_vars/all.yml": "motto: kept beside it\n",
  "secret.yml": "not: written out\n",
};
// Plays on localhost what every server would be reached by, so that no server is needed.
const PLAYBOOK = `- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.set_stats:
        per_host: false
        data:
          "{{ inventory_hostname | replace('-', '_') }}":
            "{{ [ansible_host | default('-'), ansible_user | default('-'), ansible_port | default('-'), motto | default('-'), group_names | join('+')] | join(' ') }}"
`;

beforeAll(async () => {
  const entries = [
    "{ environment: production, servers: [web-1, web-2], playbook: seen.yml }",
    "{ environment: staging, playbook: seen.yml }",
    "{ environment: lost, servers: [web-1, web-3] }",
    "{ environment: stolen, servers: [theirs] }",
    "{ environment: nobody }",
  ];
  world = await releaseWorld({ front: `deploy:\n  - ${entries.join("\n  - ")}`, files: { "seen.yml": PLAYBOOK } });
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], {
      cwd: join(world.place.root, "organisation"),
      encoding: "utf8",
    }).trim();
  for (const [path, text] of Object.entries(ORGANISATION)) {
    const file = join(world.place.root, "organisation", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "feat: begin");
  commit = git("rev-parse", "HEAD");
});
afterAll(() => world?.close());

let commit: string;
async function session(config = CONFIG): Promise<Session> {
  const opened = await world.session({ config });
  const fleet = must(readFleet(ORGANISATION["fleet.yaml"], { file: "fleet.yaml" }));
  const path = join(world.place.root, "organisation");
  return { ...opened, organisation: { ...opened.organisation, path, commit, fleet } };
}

/** What a play on all hosts of an environment sees of each. */
async function seen(opened: Session, environment: string): Promise<unknown> {
  const place = must(await placeOf(opened, environment));
  const { digest: sha256 } = must(await opened.artifacts.put(Buffer.from("a program")));
  const artifact = { package: "payments", kind: "archive", file: "payments.tgz", sha256 } as const;
  const played = await withPlaybook(opened, { place, artifact, variables: {} }, checkPlaybook);
  return must(played).data;
}

test("the inventory goes before fleet.yaml, variable by variable, and a play reaches the environment's servers only", async () => {
  const opened = await session();
  const { hosts } = must(await placeOf(opened, "production"));
  expect(Object.entries(hosts).map(([name, { host }]) => `${name} ${host}`)).toEqual([
    "web-1 10.0.0.1",
    "web-2 10.0.0.2",
  ]);
  expect(await seen(opened, "production")).toEqual({
    web_1: "10.0.0.1 inventory - kept beside it production",
    web_2: "10.0.0.2 fleet 2200 kept beside it production",
  });
});

test("an environment without servers is the inventory's group of its name", async () => {
  expect(await seen(await session(), "staging")).toEqual({ db_1: "10.1.0.1 - - kept beside it staging" });
});

test("what neither knows, what is another company's, and an inventory that is wrong are told with their places", async () => {
  const opened = await session();
  const told = async (environment: string, at = opened) => {
    const place = await placeOf(at, environment);
    const [first] = place.ok ? [] : place.diagnostics;
    return [first?.code, first?.message, first?.where?.file, first?.where?.line, first?.next];
  };
  expect(await told("lost")).toEqual([
    "deploy.unknown_server",
    "the server web-3 of lost is neither in the inventory nor in fleet.yaml",
    "SPEC.md",
    7,
    "list it under servers: in fleet.yaml with company: acme, or in the inventory",
  ]);
  expect((await told("stolen"))[1]).toBe("the server theirs of stolen belongs to other");
  expect((await told("nobody")).slice(0, 4)).toEqual([
    "deploy.no_servers",
    "the inventory has no host in a group nobody",
    "SPEC.md",
    9,
  ]);
  const nowhere = await session("ship: { ansible: { inventory: hosts/none.yml } }\n");
  expect((await told("staging", nowhere)).slice(0, 4)).toEqual([
    "deploy.no_inventory",
    "there is no inventory hosts/none.yml",
    "config.yaml",
    1,
  ]);
  const wrong = join(world.place.root, "wrong.yml");
  writeFileSync(wrong, "all: { hosts: [\n");
  const unreadable = await session(`ship: { ansible: { inventory: ${wrong} } }\n`);
  expect((await told("staging", unreadable)).slice(0, 3)).toEqual([
    "ansible.bad_inventory",
    "Ansible cannot read the inventory",
    wrong,
  ]);
});
