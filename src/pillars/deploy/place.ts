import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { didYouMean } from "../../core/suggest.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { FrontMatter } from "../../pipeline/spec-schema.ts";

export type DeployEntry = FrontMatter["deploy"][number];

/** Where an environment of a product is. */
export interface Place {
  readonly entry: DeployEntry;
  /** How each server is reached, by its name in fleet.yaml; `localhost` alone where the spec names none. */
  readonly hosts: Readonly<Record<string, Host>>;
}

interface Host {
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
}

const HERE = ["localhost", "127.0.0.1", "::1"];

/** The environment that is asked for, or the only one there is. */
export function placeOf(session: Session, environment: string | undefined): Outcome<Place> {
  const product = productOf(session);
  const { value: spec, place } = product.spec;
  const names = spec.deploy.map((one) => one.environment);
  const entry =
    environment === undefined
      ? spec.deploy.length === 1
        ? spec.deploy[0]
        : undefined
      : spec.deploy.find((one) => one.environment === environment);
  if (entry === undefined) {
    if (names.length === 0) {
      return fail(
        problem("config", "deploy.nowhere", `SPEC.md does not say where ${product.name} is deployed`, {
          where: place([]),
          next: "add to SPEC.md: deploy: [{ environment: staging, servers: [NAME] }]",
        }),
      );
    }
    const meant = environment === undefined ? undefined : didYouMean(environment, names);
    const message =
      environment === undefined
        ? `${product.name} has ${names.length} environments`
        : `${product.name} has no environment ${environment}${meant ? `; did you mean ${meant}?` : ""}`;
    return fail(
      problem("config", "deploy.which_environment", message, {
        where: place(["deploy"]),
        next: `give --environment with one of: ${names.join(", ")}`,
      }),
    );
  }
  const hosts: Record<string, Host> = {};
  const { servers } = session.organisation.fleet.value;
  for (const name of entry.servers) {
    const server = servers[name];
    if (server === undefined || server.company !== product.company) {
      const why = server === undefined ? "is not in fleet.yaml" : `belongs to ${server.company}`;
      return fail(
        problem("config", "deploy.unknown_server", `the server ${name} of ${entry.environment} ${why}`, {
          where: place(["deploy", spec.deploy.indexOf(entry), "servers"]),
          next: `list it under servers: in fleet.yaml with company: ${product.company}`,
        }),
      );
    }
    hosts[name] = { host: server.host, port: server.port, user: server.user };
  }
  return succeed({ entry, hosts: entry.servers.length > 0 ? hosts : { localhost: { host: "localhost" } } });
}

/** Writes an inventory of the servers; undefined where all of it is this machine, which needs none. */
export async function writeInventory(place: Place, folder: string): Promise<string | undefined> {
  const hosts = Object.entries(place.hosts);
  if (hosts.every(([, { host }]) => HERE.includes(host)) && hosts.length === 1) return undefined;
  const file = join(folder, "inventory.yml");
  const entries = hosts.map(([name, { host, port, user }]) => [
    name,
    HERE.includes(host)
      ? { ansible_connection: "local" }
      : {
          ansible_host: host,
          ...(port === undefined ? {} : { ansible_port: port }),
          ...(user === undefined ? {} : { ansible_user: user }),
        },
  ]);
  const inventory = { all: { children: { [place.entry.environment]: { hosts: Object.fromEntries(entries) } } } };
  await writeFile(file, stringify(inventory), { mode: 0o600 });
  return file;
}
