import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Document, isMap, type Scalar, visit } from "yaml";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import type { PlaybookOptions } from "../../tools/ansible/ansible.ts";
import { configuredInventory } from "./configured-inventory.ts";
import type { Host } from "./hosts.ts";
import { infraHosts } from "./infra-hosts.ts";
import type { Place } from "./place.ts";

const HERE = ["localhost", "127.0.0.1", "::1"];

/**
 * The inventory of an environment for one run: the configured one, and a file in `folder` that puts exactly the
 * environment's servers into a group of its name, says of each what the configured one does not, and holds the outputs of
 * its infrastructure as the variable `infra`. A play reaches these servers only (and `localhost`, where it names that).
 * Empty where all of it is this machine, which needs none.
 */
export async function inventoryOf(
  session: Session,
  place: Place,
  folder: string,
): Promise<Outcome<Pick<PlaybookOptions, "inventory" | "limit">>> {
  const { environment } = place.entry;
  const configured = await configuredInventory(session);
  if (!configured.ok) return configured;
  const infra = await infraHosts(session, environment);
  if (!infra.ok) return infra;
  const hosts = Object.entries(place.hosts);
  const here = hosts.length === 1 && hosts.every(([, { host }]) => HERE.includes(host));
  if (configured.value === undefined && infra.value === undefined && here) return succeed({});
  const group = {
    hosts: Object.fromEntries(hosts.map(([name, host]) => [name, variablesOf(host)])),
    ...(infra.value === undefined ? {} : { vars: { infra: infra.value.variables } }),
  };
  const inventory = new Document({ all: { children: { [environment]: group } } }, { aliasDuplicateObjects: false });
  // An output is a product's text: Ansible must not evaluate it as a template.
  const variables = inventory.getIn(["all", "children", environment, "vars"]);
  if (isMap(variables)) visit(variables, { Scalar: (key, node) => markUnsafe(key, node) });
  const file = join(folder, "inventory.yml");
  await writeFile(file, inventory.toString(), { mode: 0o600 });
  if (configured.value === undefined) return succeed({ inventory: file });
  const { path, resolved } = configured.value;
  // A play of a product's own playbook may name Ansible's implicit localhost, which `all` is without; one that the
  // inventory lists is a server like others.
  const implicit = Object.hasOwn(resolved.hosts, "localhost") ? [] : ["localhost"];
  const limit = [...new Set([...Object.keys(place.hosts), ...implicit])].join(",");
  return succeed({ inventory: [path, file], limit });
}

function variablesOf({ host, port, user, inventory }: Host): Readonly<Record<string, unknown>> {
  if (inventory === undefined && HERE.includes(host)) {
    return {
      ansible_connection: "local",
      ansible_python_interpreter: "{{ ansible_playbook_python }}",
      ansible_pipelining: true,
    };
  }
  return {
    ...(inventory?.address ? {} : { ansible_host: host }),
    ...(port === undefined ? {} : { ansible_port: port }),
    ...(user === undefined ? {} : { ansible_user: user }),
  };
}

function markUnsafe(key: unknown, node: Scalar): void {
  if (key !== "key" && typeof node.value === "string") node.tag = "!unsafe";
}
