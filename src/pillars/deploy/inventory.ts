import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import type { PlaybookOptions } from "../../tools/ansible/ansible.ts";
import { configuredInventory } from "./configured-inventory.ts";
import type { Host } from "./hosts.ts";
import type { Place } from "./place.ts";

const HERE = ["localhost", "127.0.0.1", "::1"];

/**
 * The inventory of an environment for one run: the configured one, and a file in `folder` that puts exactly the
 * environment's servers into a group of its name and says of each what the configured one does not. A play reaches these
 * servers only (and `localhost`, where it names that). Empty where all of it is this machine, which needs none.
 */
export async function inventoryOf(
  session: Session,
  place: Place,
  folder: string,
): Promise<Outcome<Pick<PlaybookOptions, "inventory" | "limit">>> {
  const configured = await configuredInventory(session);
  if (!configured.ok) return configured;
  const hosts = Object.entries(place.hosts);
  if (configured.value === undefined && hosts.length === 1 && hosts.every(([, { host }]) => HERE.includes(host))) {
    return succeed({});
  }
  const group = { hosts: Object.fromEntries(hosts.map(([name, host]) => [name, variablesOf(host)])) };
  const file = join(folder, "inventory.yml");
  await writeFile(file, stringify({ all: { children: { [place.entry.environment]: group } } }), { mode: 0o600 });
  if (configured.value === undefined) return succeed({ inventory: file });
  const { path, resolved } = configured.value;
  // A play of a product's own playbook may name Ansible's implicit localhost, which `all` is without; one that the
  // inventory lists is a server like others.
  const here = Object.hasOwn(resolved.hosts, "localhost") ? [] : ["localhost"];
  const limit = [...new Set([...Object.keys(place.hosts), ...here])].join(",");
  return succeed({ inventory: [path, file], limit });
}

function variablesOf({ host, port, user, inventory }: Host): Readonly<Record<string, unknown>> {
  if (inventory === undefined && HERE.includes(host)) return { ansible_connection: "local" };
  return {
    ...(inventory?.address ? {} : { ansible_host: host }),
    ...(port === undefined ? {} : { ansible_port: port }),
    ...(user === undefined ? {} : { ansible_user: user }),
  };
}
