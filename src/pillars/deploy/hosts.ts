import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { Fleet } from "../../pipeline/fleet.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { FrontMatter } from "../../pipeline/spec-schema.ts";
import type { ResolvedInventory } from "../../tools/ansible/inventory.ts";
import { configuredInventory } from "./configured-inventory.ts";
import { type InfraHosts, infraHosts } from "./infra-hosts.ts";

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

/** What is known of servers, in the order in which it counts. */
interface Known {
  readonly inventory: ResolvedInventory | undefined;
  readonly fleet: Fleet["servers"];
  readonly infra: InfraHosts | undefined;
}

/**
 * The servers of an environment. Those that its entry names; where it names none, the configured inventory's group of the
 * environment's name and the hosts of its infrastructure; where neither is said, this machine. What an inventory says of a
 * host goes before fleet.yaml, variable by variable, and both before the infrastructure: a product's outputs cannot move a
 * server that the organisation knows. One that fleet.yaml gives to another company is refused whoever names it.
 */
export async function hostsOf(session: Session, entry: DeployEntry): Promise<Outcome<Readonly<Record<string, Host>>>> {
  const configured = await configuredInventory(session);
  if (!configured.ok) return configured;
  const infra = await infraHosts(session, entry.environment);
  if (!infra.ok) return infra;
  const fleet = session.organisation.fleet.value.servers;
  const known: Known = { inventory: configured.value?.resolved, fleet, infra: infra.value };
  const { value: spec, place } = productOf(session).spec;
  const at = ["deploy", spec.deploy.indexOf(entry)];
  const named = entry.servers.length > 0;
  const names = named ? entry.servers : namesIn(known, entry.environment);
  if (names === undefined) return succeed(HERE);
  if (names.length === 0) {
    return fail(
      problem("config", "deploy.no_servers", nobody(known, entry.environment), {
        where: place(at),
        next: infra.value
          ? `codemonkeys infra plan --environment ${entry.environment} shows what would be made, or name servers in SPEC.md`
          : `add the group ${entry.environment} to the inventory, or name servers in SPEC.md`,
      }),
    );
  }
  const hosts: Record<string, Host> = {};
  for (const [index, name] of names.entries()) {
    const host = hostNamed(session, known, name);
    if (typeof host === "string") {
      const meant = didYouMean(
        name,
        [known.inventory?.hosts, fleet, known.infra?.hosts].flatMap((one) => Object.keys(one ?? {})),
      );
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

/** The servers that an environment has without naming them; undefined where nothing says that it has any. */
function namesIn({ inventory, infra }: Known, environment: string): readonly string[] | undefined {
  if (inventory === undefined && infra?.hosts === undefined && !infra?.destroyed) return undefined;
  return [...new Set([...(inventory?.groups[environment] ?? []), ...Object.keys(infra?.hosts ?? {})])];
}

function nobody({ inventory, infra }: Known, environment: string): string {
  if (infra?.destroyed) return `the infrastructure of ${environment} was removed`;
  if (infra?.hosts) return `the infrastructure of ${environment} has no hosts`;
  return inventory ? `the inventory has no host in a group ${environment}` : `${environment} has no servers`;
}

/** What is known of a server, or why it cannot be one of this product's. */
function hostNamed(session: Session, { inventory, fleet, infra }: Known, name: string): Host | string {
  const server = own(fleet, name);
  if (server !== undefined && server.company !== productOf(session).company) return `belongs to ${server.company}`;
  if (own(inventory?.groups, name)) return "has the name of a group of the inventory";
  const listed = own(inventory?.hosts, name);
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
  const made = own(infra?.hosts, name);
  if (made !== undefined) return made;
  const places = [
    ...(inventory ? ["the inventory"] : []),
    "fleet.yaml",
    ...(infra ? ["the infrastructure's hosts"] : []),
  ];
  return places.length === 1 ? "is not in fleet.yaml" : `is neither in ${places.join(" nor in ")}`;
}

function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
