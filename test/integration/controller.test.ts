import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { runProcess } from "../../src/core/process.ts";
import { ensureAnsible, runPlaybook } from "../../src/tools/ansible/ansible.ts";
import { type SpineWorld, spineWorld } from "../feature/spine-world.ts";
import { allow, ok } from "../unit/tools/permit.ts";

// Jenkins itself comes from no registry that a test may use. Two small real jars stand in for it and for its plugin
// manager, so that all around them is real: fetched by checksum, run by Java, written by Ansible, twice.
let world: SpineWorld;
let server: Server;
let address: string;
const sums: Record<string, string> = {};
const at = (name: string) => join(world.root, "host", name);

const RULES = `
  - { id: files, allow: [files.generate] }
  - { id: this-machine, allow: [host.provision], when: target.loopback }
`;

const JNLP_SECRET = "0123456789abcdef".repeat(4);
const AGENT = { role: "agents", hosts: ["localhost"], digest: "0".repeat(64) };

const PLUGIN_MANAGER = `
import java.nio.file.*;
public class Main {
  public static void main(String[] a) throws Exception {
    Path to = Path.of(a[5]);
    Files.createDirectories(to);
    for (String line : Files.readAllLines(Path.of(a[3]))) {
      if (line.isBlank() || line.startsWith("#")) continue;
      Files.writeString(to.resolve(line.split(":")[0] + ".jpi"), line);
    }
  }
}`;
const JENKINS = `
public class Main {
  public static void main(String[] a) {
    System.out.println("jenkins " + String.join(" ", a) + " casc=" + System.getenv("CASC_JENKINS_CONFIG"));
  }
}`;

function jar(name: string, source: string): Buffer {
  const folder = join(world.root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "Main.java"), source);
  execFileSync("javac", ["Main.java"], { cwd: folder });
  execFileSync("jar", ["cfe", `${name}.jar`, "Main", "Main.class"], { cwd: folder });
  return readFileSync(join(folder, `${name}.jar`));
}

function tarball(name: string, path: string, text: string): Buffer {
  const file = join(world.root, `${name}-v1`, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  execFileSync("tar", ["cf", `${name}.tar`, `${name}-v1`], { cwd: world.root });
  return readFileSync(join(world.root, `${name}.tar`));
}

beforeAll(async () => {
  ok(await ensureAnsible());
  world = await spineWorld({ fleet: "{ acme: { accounts: { github: { token_env: ACME_GITHUB } } } }" });
  await world.govern(RULES);
  const files: Record<string, Buffer> = {
    "/jenkins.war": jar("jenkins", JENKINS),
    "/plugin-manager.jar": jar("manager", PLUGIN_MANAGER),
    "/node.tar": tarball("node", "bin/node", "node\n"),
    "/jnlpJars/agent.jar": Buffer.from("agent"),
    "/computer/build%201/jenkins-agent.jnlp": Buffer.from(
      `<jnlp><application-desc><argument>${JNLP_SECRET}</argument><argument>build 1</argument></application-desc></jnlp>`,
    ),
  };
  for (const [path, bytes] of Object.entries(files)) {
    sums[path] = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  }
  const admin = `Basic ${Buffer.from("admin:admin-token").toString("base64")}`;
  server = createServer((request, response) => {
    const body = files[request.url ?? ""];
    const refused = request.url?.startsWith("/computer/") && request.headers.authorization !== admin;
    response.writeHead(refused ? 403 : body ? 200 : 404).end(refused ? "" : body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  mkdirSync(at("secrets-given"), { recursive: true });
});
afterAll(async () => {
  server?.close();
  await world?.close();
});

function vars(more: Record<string, unknown> = {}): string {
  const file = join(world.root, "controller.yaml");
  writeFileSync(
    file,
    stringify({
      controller_war_source: `${address}/jenkins.war`,
      controller_war_checksum: sums["/jenkins.war"],
      controller_plugin_manager_source: `${address}/plugin-manager.jar`,
      controller_plugin_manager_checksum: sums["/plugin-manager.jar"],
      controller_user: "root",
      controller_home: at("home"),
      controller_program: at("program"),
      controller_etc: at("etc"),
      controller_packages: [],
      controller_service: false,
      controller_environment: {
        CODEMONKEYS_LIBRARY_URL: "https://git.example/it's.git",
        CODEMONKEYS_LIBRARY_VERSION: "v1",
        CODEMONKEYS_ORGANISATION: "https://git.example/organisation.git#main",
        CODEMONKEYS_ADMIN_ID: "admin",
        CODEMONKEYS_CONTROLLER_URL: "http://127.0.0.1:8080/",
      },
      ...more,
    }),
  );
  return file;
}

const up = (...more: string[]) =>
  world.result<{ roles: { role: string; changed: boolean; planned: boolean }[] }>(
    "controller",
    "up",
    "--local",
    "--vars",
    join(world.root, "controller.yaml"),
    "--secrets",
    at("secrets-given"),
    ...more,
  );

test("a host becomes a controller, once, and starts with every secret in place", async () => {
  vars();
  const dry = await up("--dry-run");
  expect(dry.diagnostics).toEqual([]);
  expect(dry.data.roles).toMatchObject([{ role: "controller", changed: true, planned: true }]);
  expect(existsSync(at("program"))).toBe(false);

  const first = await up();
  expect(first.diagnostics).toEqual([]);
  expect(first.data.roles).toMatchObject([{ changed: true, planned: false }]);
  expect(readFileSync(at("home/plugins/job-dsl.jpi"), "utf8")).toMatch(/^job-dsl:/);

  const second = await up();
  expect(second.data.roles).toMatchObject([{ changed: false }]);

  const start = () => runProcess(at("program/start"), [at("etc/environment")], { cwd: world.root });
  const refused = await start();
  expect(refused.exitCode).toBe(78);
  const missing = (refused.stderr.split("variable: ")[1] as string).trim().split(" ");
  expect(missing).toContain("admin_password");
  for (const name of missing) writeFileSync(at(`secrets-given/${name}`), `s3cret-${name}\n`);

  expect((await up()).data.roles).toMatchObject([{ changed: true }]);
  expect(statSync(at("etc/secrets/admin_password")).mode & 0o777).toBe(0o400);
  const started = await start();
  expect(started.stdout).toContain(`--httpListenAddress=127.0.0.1 --httpPort=8080 casc=${at("etc/casc")}`);
});

test("the fleet's jobs reach it from the organisation's protected ref, and leave with it", async () => {
  vars();
  const clone = join(world.root, "clone");
  await world.gitIn(world.root, "clone", "-q", world.organisation, clone);
  const fleet = readFileSync(join(clone, "fleet.yaml"), "utf8");
  const product = 'demo: { company: acme, repo: "https://git.example/acme/demo.git" }, payments:';
  writeFileSync(join(clone, "fleet.yaml"), fleet.replace("payments:", product));
  const jobs = await world.runIn(clone, "controller", "jobs");
  expect(jobs).toMatchObject({ code: 0 });
  expect(jobs.stdout + jobs.stderr).toContain("payments gets no job: no agent can reach");
  expect(readFileSync(join(clone, "jcasc/fleet.yaml"), "utf8")).toContain("multibranchPipelineJob('acme/demo')");
  await world.gitIn(clone, "add", "-A");
  await world.gitIn(clone, "commit", "-q", "-m", "chore: jobs");
  await world.gitIn(clone, "push", "-q", "origin", "HEAD:main");
  expect((await up()).data.roles).toMatchObject([{ changed: true }]);
  expect(existsSync(at("etc/casc/fleet.yaml"))).toBe(true);
  await world.gitIn(clone, "rm", "-q", "jcasc/fleet.yaml");
  await world.gitIn(clone, "commit", "-q", "-m", "chore: no jobs");
  await world.gitIn(clone, "push", "-q", "origin", "HEAD:main");
  await up();
  expect(existsSync(at("etc/casc/fleet.yaml"))).toBe(false);
});

test("a host becomes an agent, once, with the secret that the controller has for it", async () => {
  const play = () =>
    runPlaybook(allow("host.provision", AGENT), "host.provision", AGENT, {
      playbook: join(import.meta.dirname, "../../playbooks/provision-agent.yml"),
      secrets: { JENKINS_TOKEN: "admin-token" },
      env: { JENKINS_USER: "admin" },
      extraVars: {
        provision_hosts: "localhost",
        agent_controller: `${address}/`,
        agent_name: "build 1",
        agent_user: "root",
        agent_home: at("agent-home"),
        agent_program: at("agent"),
        agent_node: at("node-24"),
        agent_node_source: `${address}/node.tar`,
        agent_node_checksum: sums["/node.tar"] as string,
        agent_binaries: at("bin"),
        agent_packages: [],
        agent_ansible_version: "",
        agent_age_key: join(world.root, "controller.yaml"),
        agent_service: false,
      },
    });
  expect(ok(await play()).changed).toBe(true);
  expect(readFileSync(at("agent/secret"), "utf8")).toBe(JNLP_SECRET);
  expect(readFileSync(at("node-24/bin/node"), "utf8")).toBe("node\n");
  expect(statSync(at("agent-home/.config/sops/age/keys.txt")).mode & 0o777).toBe(0o400);
  expect(ok(await play()).changed).toBe(false);
});

test("another file under the same address, and a host that the constitution does not let be touched, are refused", async () => {
  vars({ controller_war_checksum: `sha256:${"0".repeat(64)}`, controller_program: at("elsewhere") });
  const refused = await up();
  expect(refused.diagnostics[0]).toMatchObject({ code: "ansible.task_failed" });
  expect(refused.diagnostics[0]?.message).toContain("Fetch Jenkins");
  expect(existsSync(at("elsewhere/jenkins.war"))).toBe(false);
  await world.govern("\n  - { id: files, allow: [files.generate] }\n");
  vars();
  expect((await up()).diagnostics[0]?.kind).toBe("policy");
});
