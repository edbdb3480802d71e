import { tmpdir } from "node:os";
import { establish } from "../../constitution/probe.ts";
import type { Facts } from "../../core/facts.ts";
import { runProcess } from "../../core/process.ts";

/** What this machine's kernel lets us do to product code. */
export interface SandboxAbility {
  readonly isolated: boolean;
  /** Why not, in a few words; what was tried and answered. */
  readonly reason: string;
}

/** Namespaces of the outer shell, which mounts; the product's own shell gets one more user namespace without rights. */
export const UNSHARE = [
  "--user",
  "--map-root-user",
  "--mount",
  "--mount-proc",
  "--pid",
  "--fork",
  "--kill-child=SIGKILL",
  "--ipc",
] as const;

/** The ids the product sees are those it would have without a sandbox. */
export function innerUnshare(): string[] {
  return ["unshare", "--user", `--map-user=${process.getuid?.() ?? 0}`, `--map-group=${process.getgid?.() ?? 0}`, "--"];
}

let probed: Promise<SandboxAbility> | undefined;

/** Looks once per process whether namespaces, mounts and prlimit work here, by using them. */
export function sandboxAbility(): Promise<SandboxAbility> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<SandboxAbility> {
  if (process.platform !== "linux") return { isolated: false, reason: `${process.platform} has no Linux namespaces` };
  const inner = [...innerUnshare(), "prlimit", "--core=0", "true"].join(" ");
  const script = `mount -t tmpfs -o size=4k none "${tmpdir()}" && ${inner} && echo isolated`;
  const result = await runProcess("unshare", [...UNSHARE, "--net", "--", "sh", "-c", script], {
    cwd: "/",
    timeoutMs: 10_000,
  });
  if (result.stdout.trim() === "isolated")
    return { isolated: true, reason: "user, mount, pid, ipc and net namespaces work" };
  if (result.ended === "not_started") return { isolated: false, reason: "unshare (util-linux) is not installed" };
  const said = result.stderr.trim().split("\n").at(-1) || `exit code ${result.exitCode}`;
  return { isolated: false, reason: `the kernel or the container refuses namespaces (${said})` };
}

/** `sandbox.isolated`, as a piece of work really ran (`WorkResult`), or as it would run here. */
export function sandboxFacts(seen: { readonly isolated: boolean; readonly reason: string }): Facts {
  return establish("sandbox.ability", seen.reason, { "sandbox.isolated": seen.isolated });
}
