import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { didYouMean } from "../../core/suggest.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { FrontMatter } from "../../pipeline/spec-schema.ts";
import type { ResolvedInventory } from "../../tools/ansible/inventory.ts";
import { configuredInventory } from "./configured-inventory.ts";

export type DeployEntry = FrontMatter["deploy"][number];

/** How a server is reached. It is kept in journals, and holds no variable of the inventory but the address. */
export interface Host {
  /** Its address, as rules see it. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** The configured inventory knows it too: what that says goes before `port` and `user`, and before `host` where it has an address. */
  readonly inventory?: { readonly address: boolean };
}

const HERE = { localhost: { host: "localhost" } } as const;

/**
 * The servers of an environment. Those that its entry names; where it names none, the configured inventory's group of the
 * environment's name; where no inventory is configured, this machine. What an inventory says of a host goes before
 * fleet.yaml, variable by variable; a server that fleet.yaml gives to another company is refused whoever names it.
 */
export async function hostsOf(session: Session, entry: DeployEntry): Promise<Outcome<Readonly<Record<string, Host>>>> {
  const configured = await configuredInventory(session);
  if (!configured.ok) return configured;
  const inventory = configured.value?.resolved;
  const { value: spec, place } = productOf(session).spec;
  const at = ["deploy", spec.deploy.indexOf(entry)];
  const named = entry.servers.length > 0;
  const names = named ? entry.servers : (inventory?.groups[entry.environment] ?? []);
  if (names.length === 0) {
    if (inventory === undefined) return succeed(HERE);
    return fail(
      problem("config", "deploy.no_servers", `the inventory has no host in a group ${entry.environment}`, {
        where: place(at),
        next: `add the group ${entry.environment} to the inventory, or name servers in SPEC.md`,
      }),
    );
  }
  const hosts: Record<string, Host> = {};
  for (const [index, name] of names.entries()) {
    const host = hostNamed(session, inventory, name);
    if (typeof host === "string") {
      const known = [...Object.keys(session.organisation.fleet.value.servers), ...Object.keys(inventory?.hosts ?? {})];
      const meant = didYouMean(name, known);
      return fail(
        problem("config", "deploy.unknown_server", `the server ${name} of ${entry.environment} ${host}`, {
          where: place(named ? [...at, "servers", index] : at),
          next: meant
            ? `did you mean ${meant}?`
            : `list it under servers: in fleet.yaml with company: ${productOf(session).company}, or in the inventory`,
        }),
      );
    }
    hosts[name] = host;
  }
  return succeed(hosts);
}

/** What is known of a server, or why it cannot be one of this product's. */
function hostNamed(session: Session, inventory: ResolvedInventory | undefined, name: string): Host | string {
  const { servers } = session.organisation.fleet.value;
  const server = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (server !== undefined && server.company !== productOf(session).company) return `belongs to ${server.company}`;
  if (inventory && Object.hasOwn(inventory.groups, name)) return "has the name of a group of the inventory";
  const listed = inventory && Object.hasOwn(inventory.hosts, name) ? inventory.hosts[name] : undefined;
  if (listed !== undefined) {
    const address = listed.ansible_host;
    const { host, port, user } = server ?? { host: name };
    return {
      host: typeof address === "string" ? address : host,
      port: listed.ansible_port === undefined ? port : undefined,
      user: listed.ansible_user === undefined ? user : undefined,
      inventory: { address: address !== undefined || listed.ansible_connection !== undefined || server === undefined },
    };
  }
  if (server !== undefined) return { host: server.host, port: server.port, user: server.user };
  return inventory === undefined ? "is not in fleet.yaml" : "is neither in the inventory nor in fleet.yaml";
}
