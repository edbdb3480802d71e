import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import * as z from "zod";
import type { Json } from "../core/canonical.ts";
import { fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { readYaml } from "../core/yaml.ts";
import { controllerUp, said } from "../pillars/controller/up.ts";
import { defineStep } from "./definition.ts";

export const controllerUpStep = defineStep({
  name: "controller up",
  summary: "Provision a Jenkins controller and its agents, configured by code",
  description:
    "Runs `provision-controller.yml` on the server that fleet.yaml labels `jenkins-controller`, then `provision-agent.yml` on those labelled `jenkins-agent`: Java, Jenkins, the pinned plugins, `jcasc/jenkins.yaml` and the organisation's `jcasc/` folder; Node, Ansible, OpenTofu, the age key and Ollama. Run it again after any change: what is as it should be is left alone. `--dry-run` asks every host and changes nothing. Where things come from (addresses and checksums) stands in the file of `--vars`; docs/jenkins says which.",
  examples: [
    { command: "codemonkeys controller up --dry-run", says: "what would change, host by host" },
    {
      command: "codemonkeys controller up --vars controller.yaml --secrets ~/controller-secrets",
      says: "with one file for each secret that the configuration names",
    },
    { command: "codemonkeys controller up --local", says: "make this machine the controller" },
  ],
  params: z.object({
    local: z.boolean().default(false).describe("this machine instead of the servers of fleet.yaml; no agents"),
    vars: z.string().default("controller.yaml").describe("YAML file with the playbooks' variables"),
    secrets: z.string().optional().describe("folder with one file for each secret; without it they are there already"),
  }),
  result: z.object({
    roles: z.array(
      z.object({
        role: z.enum(["controller", "agents"]),
        hosts: z.array(z.string()),
        changed: z.boolean(),
        planned: z.boolean(),
      }),
    ),
  }),
  credentials: [
    {
      variable: "JENKINS_TOKEN",
      credentialsId: "codemonkeys-jenkins-admin",
      kind: "string",
      summary: "an administrator's API token (JENKINS_USER is the name): reads the agents' secrets from the controller",
      half: "act",
      optional: true,
    },
  ],
  tools: ["git", "ansible-playbook"],
  actions: ["host.provision"],
  retryOnAgentLoss: false,
  needs: "organisation",
  async run(session, params) {
    const vars = await readVars(resolve(session.cwd, params.vars), params.vars);
    if (!vars.ok) return vars;
    const secrets = params.secrets === undefined ? undefined : resolve(session.cwd, params.secrets);
    if (secrets !== undefined && !(await isFolder(secrets))) {
      return fail(
        problem("config", "controller.no_secrets_folder", `--secrets ${params.secrets} is no folder`, {
          next: "give the folder that holds one file for each secret, named as in jcasc/jenkins.yaml",
        }),
      );
    }
    const done = await controllerUp(session, { local: params.local, vars: vars.value, secrets });
    if (!done.ok) return done;
    return succeed(
      {
        data: { roles: done.value.map((role) => ({ ...role, hosts: [...role.hosts] })) },
        summary: done.value.map(said).join("\n"),
      },
      done.warnings,
    );
  },
});

async function readVars(file: string, shown: string): Promise<Outcome<Record<string, Json>>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    return fail(
      problem("config", "controller.no_vars", `cannot read ${shown}: ${messageOf(error)}`, {
        next: "write where Jenkins comes from: controller_war_source, controller_war_checksum and so on, as playbooks/README.md lists them",
      }),
    );
  }
  const read = readYaml(text, z.record(z.string(), z.json()), { file: shown, codes: "controller" });
  return read.ok ? succeed(read.value.value as Record<string, Json>) : read;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
