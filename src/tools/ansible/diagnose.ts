import { stripVTControlCharacters } from "node:util";
import { type Diagnostic, problem, type SourcePlace } from "../../core/diagnostic.ts";
import type { ProcessResult } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";
import type { AnsibleEvent } from "./events.ts";

/** What went wrong in a playbook run; empty when nothing did. */
export function diagnosePlaybook(
  playbook: string,
  result: ProcessResult,
  events: readonly AnsibleEvent[],
  redactor: Redactor,
): Diagnostic[] {
  const words = redactor.redact(`${result.stderr}\n${result.stdout}`.trim());
  const where: SourcePlace = { file: playbook };
  if (result.ended === "not_started") {
    return [
      problem("infrastructure", "ansible.not_started", `ansible-playbook could not be started (${result.startError})`),
    ];
  }
  if (result.ended === "timeout" || result.ended === "cancelled") {
    const last = events.findLast((event) => event.event === "task");
    const at = last ? ` while running "${last.task}"` : "";
    const seconds = (result.durationMs / 1000).toFixed(0);
    const message =
      result.ended === "timeout"
        ? `the playbook was ended after ${seconds} s${at}: its time is up`
        : `the playbook was cancelled${at}`;
    return [
      problem("infrastructure", `ansible.${result.ended}`, message, {
        where: last ? placeOf(last.path) : where,
        next: "what it had done stays done: run it again, it looks before it acts",
      }),
    ];
  }
  const noHosts = events.filter((event) => event.event === "no_hosts");
  if (result.exitCode === 0 && noHosts.length === 0) return [];
  const hosts = failuresByHost(events, redactor);
  if (hosts.length > 0) return hosts;
  if (noHosts.length > 0) {
    return noHosts.map(({ play }) =>
      problem("config", "ansible.no_hosts", `the play "${play}" matched no host, so nothing was done`, {
        where,
        next: "check hosts: in the playbook, the inventory and --limit",
      }),
    );
  }
  return [notRun(words, result, where)];
}

/** The last failed task of each host that failed: where a rescue gave up, that one says most. */
function failuresByHost(events: readonly AnsibleEvent[], redactor: Redactor): Diagnostic[] {
  const failed = new Map<string, Diagnostic>();
  const stats = events.findLast((event) => event.event === "stats");
  for (const event of events) {
    if (event.event !== "unreachable" && !(event.event === "failed" && !event.ignored)) continue;
    // A host whose failures were all rescued did not fail.
    const recap = stats?.hosts[event.host];
    if (recap && recap.failures === 0 && recap.unreachable === 0) continue;
    const message = redactor.redact(event.message).trim();
    const output = stripVTControlCharacters(redactor.redact(event.output)).trim();
    const rest = { where: placeOf(event.path), ...(output === "" ? {} : { details: output }) };
    if (event.event === "unreachable") {
      failed.set(
        event.host,
        problem("infrastructure", "ansible.unreachable", `${event.host} could not be reached: ${inOneLine(message)}`, {
          ...rest,
          next: "check the host, its address in the inventory and the ssh key, then run this again",
        }),
      );
    } else {
      const text = `${event.play} › ${event.task} failed on ${event.host}: ${reasonOf(message, output)}`;
      failed.set(event.host, problem("infrastructure", "ansible.task_failed", text, rest));
    }
  }
  return [...failed.values()];
}

/** Ansible gave up before any task ran. */
function notRun(words: string, result: ProcessResult, where: SourcePlace): Diagnostic {
  const details = words.slice(-4000);
  const at = placeIn(words) ?? where;
  const missing = /couldn't resolve module\/action '([^']+)'/.exec(words)?.[1];
  if (missing) {
    const parts = missing.split(".");
    const collection = parts.length > 2 ? parts.slice(0, 2).join(".") : undefined;
    return problem(
      "config",
      collection ? "ansible.missing_collection" : "ansible.missing_module",
      collection
        ? `the playbook uses ${missing}, and the collection ${collection} is not installed`
        : `there is no module ${missing}`,
      {
        where: at,
        details,
        next: collection ? `ansible-galaxy collection install ${collection}` : "check the module's name",
      },
    );
  }
  const role = /the role '([^']+)' was not found/.exec(words)?.[1];
  if (role) {
    return problem("config", "ansible.missing_role", `the playbook uses the role ${role}, which was not found`, {
      where: at,
      details,
      next: "put it below roles/ beside the playbook, or name its place in ansible.cfg",
    });
  }
  const said = /\[ERROR\]: ([^\n]+)|ERROR! ([^\n]+)/.exec(words);
  const message = said?.[1] ?? said?.[2];
  if (message) {
    return problem("config", "ansible.playbook_invalid", `Ansible cannot use the playbook: ${message}`, {
      where: at,
      details,
    });
  }
  const ending = result.signal ? `was ended by ${result.signal}` : `ended with exit code ${result.exitCode}`;
  return problem("infrastructure", "ansible.failed", `ansible-playbook ${ending}`, { where: at, details });
}

/** Origin of an error: `Origin: FILE:LINE:COLUMN` since 2.19, before it `in 'FILE': line L, column C`. */
function placeIn(words: string): SourcePlace | undefined {
  const origin =
    /Origin: (.+?):(\d+)(?::(\d+))?$/m.exec(words) ??
    /appears to (?:be|have been) in '([^']+)': line (\d+), column (\d+)/.exec(words);
  if (!origin?.[1]) return undefined;
  return { file: origin[1], line: Number(origin[2]), ...(origin[3] ? { column: Number(origin[3]) } : {}) };
}

function placeOf(path: string): SourcePlace {
  const match = /^(.*):(\d+)$/.exec(path);
  return match?.[1] ? { file: match[1], line: Number(match[2]) } : { file: path };
}

/** What a failed task said; where the module only counts return codes, the last line of its output says more. */
function reasonOf(message: string, output: string): string {
  const last = output
    .split("\n")
    .findLast((line) => line.trim() !== "")
    ?.trim();
  if (message !== "" && !(GENERIC.test(message) && last)) return inOneLine(message);
  return inOneLine([message, last].filter((part) => part).join(": ") || "no message");
}

const GENERIC = /^non-zero return code$|^MODULE FAILURE/;

function inOneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
