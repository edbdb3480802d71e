import type { ActionName } from "../core/action.ts";
import type { AuditEntry } from "./audit-chain.ts";
import type { Constitution } from "./constitution.ts";
import { decide } from "./decide.ts";
import { decisionIn, recordedFacts } from "./decision-record.ts";
import type { Effect } from "./rules.ts";

/** A past decision that the new constitution would make otherwise. */
export interface ChangedDecision {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly action: ActionName;
  readonly product?: string;
  readonly run?: string;
  readonly old: ReplayedAnswer;
  readonly new: ReplayedAnswer;
}

export interface ReplayedAnswer {
  readonly answer: Effect;
  /** `no-match` when no rule matched. */
  readonly rule: string;
  readonly reason: string;
}

export interface ConstitutionDiff {
  readonly replayed: number;
  /** Another answer. */
  readonly changed: readonly ChangedDecision[];
  /** The same answer by another rule. */
  readonly moved: readonly ChangedDecision[];
  /** Facts in the log that rules can no longer ask about, and were left out. */
  readonly goneFacts: readonly string[];
}

/**
 * Makes past decisions again under two constitutions, on the facts they were made on, and says where the answers part.
 * Pauses and people's answers are not replayed: what is compared is what the rules say.
 */
export function diffConstitutions(
  before: Constitution,
  after: Constitution,
  entries: Iterable<AuditEntry>,
): ConstitutionDiff {
  const changed: ChangedDecision[] = [];
  const moved: ChangedDecision[] = [];
  const gone = new Set<string>();
  let replayed = 0;
  for (const entry of entries) {
    const record = decisionIn(entry);
    if (!record) continue;
    const recorded = recordedFacts(record);
    for (const name of recorded.gone) gone.add(name);
    replayed += 1;
    const replay = (constitution: Constitution): ReplayedAnswer => {
      const { answer, rule, reason } = decide(constitution, record.action, recorded.facts);
      return { answer, rule: rule?.id ?? "no-match", reason };
    };
    const pair = { old: replay(before), new: replay(after) };
    if (pair.old.answer === pair.new.answer && pair.old.rule === pair.new.rule) continue;
    (pair.old.answer === pair.new.answer ? moved : changed).push({
      seq: entry.seq,
      at: entry.at,
      action: record.action,
      ...(entry.product === undefined ? {} : { product: entry.product }),
      ...(entry.run === undefined ? {} : { run: entry.run }),
      ...pair,
    });
  }
  return { replayed, changed, moved, goneFacts: [...gone].sort() };
}

/** A diff as lines for a person, at most `most` of the changed decisions one by one. */
export function diffLines(diff: ConstitutionDiff, most = 20): string[] {
  const total = `${diff.replayed} past ${diff.replayed === 1 ? "decision" : "decisions"}`;
  if (diff.changed.length === 0 && diff.moved.length === 0) return [`${total}: the same answers by the same rules`];
  const words = ({ answer, rule }: ReplayedAnswer) => `${answer} by ${rule}`;
  const lines = [
    `${total}: ${diff.changed.length} would be answered otherwise, ${diff.moved.length} the same by another rule`,
  ];
  for (const one of diff.changed.slice(0, most)) {
    const what = one.product ? `${one.action} of ${one.product}` : one.action;
    lines.push(
      `  #${one.seq} ${one.at.slice(0, 16).replace("T", " ")}  ${what}: ${words(one.old)} → ${words(one.new)}`,
    );
  }
  if (diff.changed.length > most) lines.push(`  and ${diff.changed.length - most} more`);
  if (diff.goneFacts.length > 0) lines.push(`  left out, no longer a fact: ${diff.goneFacts.join(", ")}`);
  return lines;
}
