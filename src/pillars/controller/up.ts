import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { permitOf } from "../../constitution/gate.ts";
import type { Target } from "../../core/action.ts";
import { digestOf, type Json } from "../../core/canonical.ts";
import { fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import type { Session } from "../../pipeline/session.ts";
import { checkPlaybook, type PlaybookOptions, type PlaybookReport, runPlaybook } from "../../tools/ansible/ansible.ts";
import { type Inventory, inventoryOf } from "./hosts.ts";
import { type ControllerFiles, controllerFiles } from "./library.ts";

/** Secrets that the agents' playbook reads from the environment. */
const AGENT_SECRETS = ["JENKINS_TOKEN", "AGENT_SECRET"] as const;

export interface ControllerUpOptions {
  /** This machine instead of the servers in fleet.yaml. */
  readonly local: boolean;
  /** The playbooks' variables: where Jenkins and the tools come from, and their checksums. */
  readonly vars: Readonly<Record<string, Json>>;
  /** Folder with one file for each secret that the configuration names. */
  readonly secrets: string | undefined;
}

export interface ProvisionedRole {
  readonly role: "controller" | "agents";
  readonly hosts: readonly string[];
  readonly changed: boolean;
  readonly planned: boolean;
}

/** Provisions the controller, then its agents; each host is asked of the constitution as `host.provision`. */
export async function controllerUp(
  session: Session,
  options: ControllerUpOptions,
): Promise<Outcome<readonly ProvisionedRole[]>> {
  const inventory = inventoryOf(session.organisation.fleet.value, options.local);
  if (!inventory.ok) return inventory;
  const files = await controllerFiles(session);
  if (!files.ok) return files;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-controller-"));
  try {
    await writeOut(scratch, files.value, inventory.value);
    const done: ProvisionedRole[] = [];
    for (const role of ["controller", "agents"] as const) {
      if (inventory.value[role].length === 0) continue;
      const provisioned = await provision(session, options, {
        role,
        scratch,
        files: files.value,
        inventory: inventory.value,
      });
      if (!provisioned.ok) return provisioned;
      done.push(provisioned.value);
    }
    return succeed(done);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Place {
  readonly role: "controller" | "agents";
  readonly scratch: string;
  readonly files: ControllerFiles;
  readonly inventory: Inventory;
}

async function writeOut(scratch: string, files: ControllerFiles, inventory: Inventory): Promise<void> {
  await mkdir(join(scratch, "casc"));
  await Promise.all([
    ...Object.entries(files.casc).map(([name, text]) => writeFile(join(scratch, "casc", name), text)),
    writeFile(join(scratch, "plugins.txt"), files.plugins),
    writeFile(join(scratch, "start"), files.start),
    writeFile(join(scratch, "controller.yml"), files.playbooks.controller),
    writeFile(join(scratch, "agents.yml"), files.playbooks.agent),
    ...(inventory.text === undefined ? [] : [writeFile(join(scratch, "inventory.yml"), inventory.text)]),
  ]);
}

async function provision(
  session: Session,
  options: ControllerUpOptions,
  place: Place,
): Promise<Outcome<ProvisionedRole>> {
  const { role } = place;
  const hosts = place.inventory[role];
  const target: Target<"host.provision"> = {
    role,
    hosts: [...hosts],
    digest: digestOf({ files: place.files, vars: options.vars } as unknown as Json),
  };
  const gate = session.gate.bound({ pillar: "org" });
  const what = `${role === "controller" ? "controller" : "agents"} on ${hosts.join(", ")}`;
  const id = `provision.${role}`;
  const playbook = playbookOptions(session, options, place, id);
  return await task(
    session.emit,
    id,
    `provisioning the ${what}`,
    async (): Promise<Outcome<ProvisionedRole>> => {
      let played: Outcome<PlaybookReport>;
      if (session.dryRun) {
        const decision = await gate.preview("host.provision", target, {});
        if (decision.answer !== "allow") return fail(decision.diagnostic);
        played = await checkPlaybook(playbook);
      } else {
        const permit = permitOf(await gate("host.provision", target, {}));
        if (!permit.ok) return permit;
        played = await runPlaybook(permit.value, "host.provision", target, playbook);
      }
      if (!played.ok) return played;
      return succeed({ role, hosts, changed: played.value.changed, planned: session.dryRun }, played.warnings);
    },
    (done) => (done.ok ? { title: said(done.value) } : { state: "failed" }),
  );
}

/** One line of what became of a role. */
export function said({ role, hosts, changed, planned }: ProvisionedRole): string {
  const where = `${role} on ${hosts.join(", ")}`;
  if (planned) return changed ? `${where} would change` : `${where}: nothing would change`;
  return changed ? `${where} provisioned` : `${where}: nothing to do`;
}

function playbookOptions(
  session: Session,
  options: ControllerUpOptions,
  { role, scratch, files, inventory }: Place,
  id: string,
): PlaybookOptions {
  const own: Record<string, Json> =
    role === "controller"
      ? {
          controller_casc: Object.keys(files.casc).map((name) => join(scratch, "casc", name)),
          controller_plugins: join(scratch, "plugins.txt"),
          controller_start_script: join(scratch, "start"),
          ...(options.secrets === undefined ? {} : { controller_secrets: options.secrets }),
        }
      : {};
  const secrets = Object.fromEntries(
    AGENT_SECRETS.flatMap((name) => {
      const value = session.environment[name];
      return role === "agents" && value ? [[name, value]] : [];
    }),
  );
  const user = session.environment.JENKINS_USER;
  return {
    playbook: join(scratch, `${role}.yml`),
    ...(inventory.text === undefined ? {} : { inventory: join(scratch, "inventory.yml") }),
    extraVars: {
      ...options.vars,
      ...own,
      ...(inventory.text === undefined ? { provision_hosts: "localhost" } : {}),
    },
    secrets,
    ...(role === "agents" && user ? { env: { JENKINS_USER: user } } : {}),
    logFile: join(session.homes.state, "logs", `${id}.log`),
    redactor: session.redactor,
    signal: session.signal,
    emit: session.emit,
    task: id,
  };
}
