import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { findPlaybook } from "../publish/playbook.ts";
import type { DeployEntry } from "./place.ts";
import type { Deployable } from "./report.ts";

/**
 * The playbook of an environment: the product's own where its spec names one and the organisation lets products bring
 * playbooks, else the library's for a service (it has a port) or for a program.
 */
export async function deployPlaybook(
  session: Session,
  entry: DeployEntry,
  artifact: Deployable,
): Promise<Outcome<string>> {
  const product = productOf(session);
  const { value: spec, place } = product.spec;
  const where = place(["deploy", spec.deploy.indexOf(entry), "playbook"]);
  if (entry.playbook !== undefined) {
    if (!product.config.explain("ship.ansible.playbook_dir").overridable) {
      return fail(
        problem("policy", "deploy.own_playbook", "the organisation does not let products bring playbooks", {
          where,
          next: "add ship.ansible.playbook_dir to overridable in the organisation's config, or put the playbook into its folder",
        }),
      );
    }
    const file = resolve(product.path, entry.playbook);
    if (existsSync(file)) return succeed(file);
    return fail(problem("config", "deploy.no_playbook", `there is no playbook ${entry.playbook}`, { where }));
  }
  if (spec.port !== undefined) return await findPlaybook(session, "deploy-service");
  if (artifact.kind === "binary") return await findPlaybook(session, "deploy-rust-binary");
  return fail(
    problem("config", "deploy.no_port", `SPEC.md does not say on which port ${product.name} listens`, {
      where: place([]),
      next: "add port: 8080 to SPEC.md; the service gets the port it must listen on in PORT",
    }),
  );
}

/** The variable that takes the artefact's path. */
export function artifactVariable(variables: Readonly<Record<string, unknown>>): string {
  return "binary_name" in variables ? "binary_artifact" : "service_artifact";
}

/** The variables of the deploy contract without the artefact's path; a program's playbook gets its own names for them. */
export function variablesOf(
  session: Session,
  given: {
    readonly entry: DeployEntry;
    readonly version: string;
    readonly artifact: Deployable;
  },
): Readonly<Record<string, unknown>> {
  const { entry, version, artifact } = given;
  const product = productOf(session);
  const { port } = product.spec.value;
  const root = entry.root;
  if (port === undefined && entry.playbook === undefined) {
    return {
      binary_name: artifact.package,
      binary_version: version,
      binary_digest: artifact.sha256,
      ...(root === undefined ? {} : { binary_root: root, binary_link: `${root}/bin/${artifact.package}` }),
    };
  }
  const shell = (command: string) => ["/bin/sh", "-c", `exec ${command}`];
  return {
    service_name: artifact.kind === "binary" ? artifact.package : product.name,
    service_version: version,
    service_digest: artifact.sha256,
    service_kind: artifact.kind,
    service_port: port ?? null,
    service_health: entry.health,
    service_health_attempts: entry.health_seconds,
    service_environment: entry.variables,
    ...(entry.setup === undefined ? {} : { service_setup: ["/bin/sh", "-c", entry.setup] }),
    ...(entry.command === undefined ? {} : { service_command: shell(entry.command) }),
    ...(root === undefined ? {} : { service_root: root }),
  };
}
