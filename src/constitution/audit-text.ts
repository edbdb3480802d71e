import type { Json } from "../core/canonical.ts";
import type { AuditEntry } from "./audit-chain.ts";
import type { AuditVerification } from "./audit-verify.ts";
import { showTime } from "./calendar.ts";
import { decisionIn } from "./decision-record.ts";
import { isDefaultReason } from "./rules.ts";
import { targetWords } from "./target-words.ts";

type Data = Readonly<Record<string, Json | undefined>>;

/**
 * Audit entries as lines for a person: number, time in the constitution's zone, what it concerns, what happened. The
 * caller prints them; filtering is `Audit.entries(filter)`.
 */
export function entryLines(entries: readonly AuditEntry[], timeZone: string): string[] {
  const width = String(entries.at(-1)?.seq ?? 0).length + 1;
  const targets = targetsOf(entries);
  const subjects = entries.map((entry) => entry.product ?? entry.company ?? "");
  const widest = Math.min(24, Math.max(0, ...subjects.map((subject) => subject.length)));
  return entries.map((entry, index) => {
    const number = `#${entry.seq}`.padStart(width);
    const subject = (subjects[index] ?? "").padEnd(widest);
    const said = sentence(entry, timeZone, targets);
    return `${number}  ${showTime(Date.parse(entry.at), timeZone)}  ${subject}  ${said}${entry.run ? `  [${entry.run}]` : ""}`;
  });
}

/** What decisions were about, by the hash under which effects name it. */
function targetsOf(entries: readonly AuditEntry[]): ReadonlyMap<string, string> {
  const decisions = entries.map(decisionIn).filter((decision) => decision !== undefined);
  return new Map(decisions.map(({ action, target, target_hash }) => [target_hash, targetWords(action, target)]));
}

/** What an entry says, in words. */
function sentence(entry: AuditEntry, timeZone: string, targets: ReadonlyMap<string, string>): string {
  const data = (
    typeof entry.data === "object" && entry.data !== null && !Array.isArray(entry.data) ? entry.data : {}
  ) as Data;
  const text = (key: string) =>
    typeof data[key] === "string" || typeof data[key] === "number" ? String(data[key]) : "";
  const who = entry.requester ? ` for ${entry.requester}` : "";
  const target = targets.get(text("target_hash")) ?? "";
  const about = target === "" ? "" : `: ${target}`;
  switch (entry.kind) {
    case "decision": {
      const by = data.rule ? ` by ${text("rule")}` : "";
      const verb = { allow: "allowed", deny: "denied", ask: "people asked" }[text("answer")] ?? text("answer");
      return `${text("action")} ${verb}${by}${data.mode === "observe" ? " (observed only)" : ""}${who}${about}${reasonOf(text("reason"), text("rule"))}`;
    }
    case "gate.refused":
      return `${text("action")} refused before it was judged (${text("code")})${who}: ${text("message")}`;
    case "effect.started":
      return `${text("action")} started under ${text("permit")}${about}`;
    case "effect.done":
      return `${text("action")} done under ${text("permit")}${about}`;
    case "effect.failed":
      return `${text("action")} failed under ${text("permit")}${about}: ${failures(data)}`;
    case "approval.requested":
      return `${text("action")}: ${text("count")} of ${text("group")} asked until ${showTime(Date.parse(text("until")), timeZone)} (${text("approval")})${who}`;
    case "approval.answered":
      return `${text("person")} said ${text("answer")} to ${text("action")} (${text("approval")}, ${text("source")})`;
    case "approval.refused":
      return `the answer of ${text("person")} to ${text("action")} did not count (${text("approval")}, ${text("because")})`;
    case "approval.granted":
    case "approval.denied":
      return `${text("action")} ${entry.kind.slice("approval.".length)} by people (${text("approval")})`;
    case "approval.expired":
      return `${text("action")}: nobody answered in time (${text("approval")})`;
    case "approval.void":
      return `${text("action")}: the plan has changed, so the question is void (${text("approval")})`;
    case "pause.begun":
      return `${scopeOf(entry)} paused by ${entry.requester}: ${text("reason")}`;
    case "pause.ended":
      return `${scopeOf(entry)} resumed by ${entry.requester}`;
    case "state.set_aside":
      return `the database was set aside${who}: ${text("because")}`;
    case "state.adopted":
      return `the machine ${text("host")} took the database over${who}`;
    case "state.template_revoked":
      return `the template ${text("template")} was revoked${who}: ${text("because")}`;
    case "audit.repaired":
      return data.completed === undefined
        ? `repaired: ${text("dropped_bytes")} bytes of an entry that was never finished were taken out`
        : `repaired: the line end of entry ${text("completed")} was missing`;
    case "audit.pruned":
      return `${text("entries")} entries up to #${text("through")} were dropped: older than ${text("before")}`;
    case "audit.sealed":
      return `segment ${text("segment")} sealed`;
    case "canary.order":
      return `${text("order")} of the canary of ${text("version")} in ${text("environment")}${who}: ${text("because")}`;
    case "canary.promote":
      return `the canary leaves rung ${text("rung")} by ${text("by")}: ${text("why")}`;
    case "canary.abort":
      return `the canary is taken back on rung ${text("rung")} by ${text("by")}: ${text("why")}`;
    default:
      return `${entry.kind}${who}: ${JSON.stringify(entry.data)}`;
  }
}

/** The reason that its author gave the rule; without one, the rule's name has said it all. */
function reasonOf(reason: string, rule: string): string {
  return reason === "" || isDefaultReason(reason, rule) ? "" : ` (${reason.replace(/\.$/, "")})`;
}

function scopeOf({ company, product }: AuditEntry): string {
  return product ?? (company ? `company ${company}` : "the fleet");
}

function failures(data: Data): string {
  if (typeof data.thrown === "string") return data.thrown;
  const list = Array.isArray(data.failures) ? (data.failures as readonly Data[]) : [];
  return list.map((failure) => `${failure.message ?? failure.code ?? ""}`).join("; ");
}

/** The result of a verification as lines for a person. */
export function verificationLines(result: AuditVerification, timeZone: string): string[] {
  if (!result.head) return ["the audit log is empty"];
  const since = result.first > 1 ? `, from #${result.first} on (older ones were pruned)` : "";
  const lines = [
    `${result.entries} entries${since}, the chain is whole; last #${result.head.seq} of ${showTime(Date.parse(result.head.at), timeZone)}`,
  ];
  if (!result.anchored) lines.push("no anchor vouches for any of them: a rewrite of the whole log would not show");
  else if (result.beyondAnchor === 0) lines.push("anchored up to the last entry");
  else {
    const when = showTime(Date.parse(result.anchored.at), timeZone);
    lines.push(
      `anchored up to #${result.anchored.seq} (${when}); ${result.beyondAnchor === 1 ? "1 entry lies" : `${result.beyondAnchor} entries lie`} beyond the anchor`,
    );
  }
  return lines;
}
