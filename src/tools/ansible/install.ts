import { tmpdir } from "node:os";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";
import { findPython } from "../python/interpreter.ts";
import { ensureVenv, type VenvOptions } from "../python/venv.ts";

export interface Ansible {
  /** Path or name of `ansible-playbook`. */
  readonly playbook: string;
  readonly version: string;
  /** The Python that runs Ansible; modules for this machine run on it as well. */
  readonly python: string;
  readonly from: "machine" | "venv";
}

/** Older ones are not what we test with; the machine's own is used from here on. */
const OLDEST = [2, 15] as const;

/** The newest ansible-core for each Python that still gets one. */
const PINNED: readonly (readonly [minor: number, version: string])[] = [
  [11, "2.19.14"],
  [10, "2.17.14"],
  [9, "2.15.13"],
];

let found: Promise<Outcome<Ansible>> | undefined;

/**
 * `ansible-playbook`: the machine's own when it is new enough, else ansible-core by name from the Python index in a
 * private environment. Looked for once per process.
 */
export function ensureAnsible(
  options: VenvOptions & { readonly preferVenv?: boolean } = {},
): Promise<Outcome<Ansible>> {
  found ??= look(options);
  return found;
}

async function look(options: VenvOptions & { readonly preferVenv?: boolean }): Promise<Outcome<Ansible>> {
  if (!options.preferVenv) {
    const own = await machineAnsible();
    if (own) return succeed(own);
  }
  const python = await findPython();
  if (!python.ok) return python;
  const pinned = PINNED.find(([minor]) => python.value.minor >= minor);
  if (!pinned) throw new Error("findPython gave a Python that is older than it promises");
  const venv = await ensureVenv("ansible", [`ansible-core==${pinned[1]}`], options);
  if (!venv.ok) return venv;
  const installed = await describe(venv.value.bin("ansible-playbook"), "venv");
  if (installed) return succeed(installed);
  return fail(
    problem("infrastructure", "ansible.unusable", "ansible-core is installed but ansible-playbook does not run", {
      next: `remove ${venv.value.directory} and run this again`,
    }),
  );
}

/** The machine's own Ansible, when it has one that is new enough. */
export function machineAnsible(): Promise<Ansible | undefined> {
  return describe("ansible-playbook", "machine");
}

async function describe(playbook: string, from: Ansible["from"]): Promise<Ansible | undefined> {
  const result = await runProcess(playbook, ["--version"], {
    cwd: tmpdir(),
    timeoutMs: 60_000,
    env: ansibleLocale(),
  });
  const version = /\[core (\d+\.\d+[\w.]*)\]/.exec(result.stdout)?.[1];
  const python = /^\s*python version = .*\((\/[^)]+)\)\s*$/m.exec(result.stdout)?.[1];
  if (result.exitCode !== 0 || !version || !python) return undefined;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) return undefined;
  return { playbook, version, python, from };
}

/** Ansible refuses to start where the locale is not UTF-8. */
export function ansibleLocale(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || "";
  return /utf-?8/i.test(locale) ? {} : { LC_ALL: "C.UTF-8" };
}
