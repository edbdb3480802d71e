import { dirname } from "node:path";
import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";
import { ansibleLocale, ensureAnsible } from "./install.ts";

/** An inventory as Ansible itself resolves it: its plugins, `group_vars` and `host_vars` are all in it. */
export interface ResolvedInventory {
  /** The variables of each host, those of its groups among them. */
  readonly hosts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The hosts of each group, those of its children among them. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

const groupSchema = z.object({ hosts: z.array(z.string()).default([]), children: z.array(z.string()).default([]) });
const variablesSchema = z.object({ hostvars: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) });

const TIMEOUT_MS = 120_000;

/** Asks `ansible-inventory` what a file, or a folder of files, says. One that it cannot read is a diagnostic, never empty. */
export async function readInventory(
  path: string,
  options: { readonly redactor: Redactor; readonly signal: AbortSignal },
): Promise<Outcome<ResolvedInventory>> {
  const ansible = await ensureAnsible({ signal: options.signal });
  if (!ansible.ok) return ansible;
  const program = ansible.value.playbook.replace(/ansible-playbook$/, "ansible-inventory");
  const result = await runProcess(program, ["--inventory", path, "--list"], {
    cwd: dirname(path),
    env: { ...ansibleLocale(), ANSIBLE_NOCOLOR: "1", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: "1" },
    inherit: ["ANSIBLE_CONFIG", "ANSIBLE_COLLECTIONS_PATH"],
    timeoutMs: TIMEOUT_MS,
    keepBytes: 64 * 1024 * 1024,
    redactor: options.redactor,
    signal: options.signal,
  });
  const read = result.exitCode === 0 ? readListed(result.stdout) : undefined;
  if (read !== undefined) return succeed(read);
  return fail(
    problem("config", "ansible.bad_inventory", "Ansible cannot read the inventory", {
      where: { file: path },
      next: "ansible-inventory --list -i FILE shows what it says",
      details: (result.startError ?? result.stderr).trim().slice(-4000),
    }),
  );
}

/** Reads what `ansible-inventory --list` prints; undefined where it is not of that shape. */
export function readListed(text: string): ResolvedInventory | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Not JSON is one way of not being of that shape.
    return undefined;
  }
  const read = z.record(z.string(), z.unknown()).safeParse(json);
  if (!read.success) return undefined;
  const { _meta, ...listed } = read.data;
  const variables = variablesSchema.safeParse(_meta ?? {});
  const groups = z.record(z.string(), groupSchema).safeParse(listed);
  if (!variables.success || !groups.success) return undefined;
  const hostsOf = (name: string): string[] => {
    const group = groups.data[name];
    return group === undefined ? [] : [...new Set([...group.hosts, ...group.children.flatMap(hostsOf)])];
  };
  // Ansible lists a group that has no hosts of its own among its parent's children only.
  const names = new Set(Object.entries(groups.data).flatMap(([name, { children }]) => [name, ...children]));
  const members = Object.fromEntries([...names].map((name) => [name, hostsOf(name)]));
  const hosts = new Set(Object.values(members).flat());
  return {
    hosts: Object.fromEntries([...hosts].map((name) => [name, variables.data.hostvars[name] ?? {}])),
    groups: members,
  };
}
