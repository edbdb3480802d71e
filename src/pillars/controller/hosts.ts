import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Fleet } from "../../pipeline/fleet.ts";

/** Labels of servers in fleet.yaml, and the group of the inventory that each becomes. */
export const ROLES = { controller: "jenkins-controller", agents: "jenkins-agent" } as const;

export interface Inventory {
  readonly controller: readonly string[];
  readonly agents: readonly string[];
  /** Ansible's inventory, as JSON is YAML; absent for this machine alone. */
  readonly text?: string;
}

/** The hosts that fleet.yaml labels as controller and agents. */
export function inventoryOf(fleet: Fleet, local: boolean): Outcome<Inventory> {
  if (local) return succeed({ controller: ["localhost"], agents: [] });
  const labelled = (label: string) =>
    Object.entries(fleet.servers).filter(([, server]) => server.labels.includes(label));
  const controller = labelled(ROLES.controller);
  const agents = labelled(ROLES.agents);
  if (controller.length !== 1) {
    const said = controller.length === 0 ? "no server" : `${controller.length} servers`;
    return fail(
      problem(
        "config",
        "controller.no_host",
        `${said} of fleet.yaml has the label ${ROLES.controller}; one is needed`,
        {
          where: { file: "fleet.yaml" },
          next: `give one server \`labels: [${ROLES.controller}]\`, or use --local for this machine`,
        },
      ),
    );
  }
  const group = (servers: typeof controller) => ({
    hosts: Object.fromEntries(
      servers.map(([name, { host, port, user }]) => [
        name,
        {
          ansible_host: host,
          ansible_become: user !== "root",
          ...(port === undefined ? {} : { ansible_port: port }),
          ...(user === undefined ? {} : { ansible_user: user }),
        },
      ]),
    ),
  });
  return succeed({
    controller: controller.map(([name]) => name),
    agents: agents.map(([name]) => name),
    text: JSON.stringify({ all: { children: { controller: group(controller), agents: group(agents) } } }, undefined, 2),
  });
}
