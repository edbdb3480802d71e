import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The process that holds a lease, so that another one on the same machine can see whether it still lives. */
export interface Holder {
  /** Host name, boot and process namespace: only within the same three does a process id mean anything. */
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks since boot: tells it from a later one with the same id. */
  readonly processStart: string;
}

let own: Holder | undefined;

export function thisProcess(): Holder {
  own ??= {
    host: `${hostname()}/${read("/proc/sys/kernel/random/boot_id")}/${pidNamespace()}`,
    pid: process.pid,
    processStart: processState(process.pid)?.start ?? "",
  };
  return own;
}

/** `elsewhere` says that this process cannot know. */
export function fateOf(holder: Holder): "alive" | "dead" | "elsewhere" {
  if (holder.host !== thisProcess().host) return "elsewhere";
  const state = processState(holder.pid);
  if (state) return state.dead || state.start !== holder.processStart ? "dead" : "alive";
  try {
    process.kill(holder.pid, 0);
    return "alive";
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    return (error as NodeJS.ErrnoException).code === "ESRCH" ? "dead" : "alive";
  }
}

/** The part of `host` that people know. */
export function hostName(host: string): string {
  return host.split("/")[0] ?? host;
}

/** From proc(5): the state letter and the 22nd field. Undefined where there is no such process or no /proc. */
function processState(pid: number): { readonly dead: boolean; readonly start: string } | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === "") return undefined;
  // The command's name stands in parentheses and may itself hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { dead: fields[0] === "Z" || fields[0] === "X", start: fields[19] ?? "" };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // Not Linux, or the process is gone: the callers have their own answer to "unknown".
    return "";
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    // As above: without namespaces the host name alone has to do.
    return "";
  }
}
