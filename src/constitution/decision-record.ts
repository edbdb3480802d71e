import type { ActionName, Target } from "../core/action.ts";
import type { Json } from "../core/canonical.ts";
import { FACTS, type Fact, type FactName, type Facts } from "../core/facts.ts";
import type { AuditEntry } from "./audit-chain.ts";
import type { Constitution } from "./constitution.ts";
import { mergeFacts, supposedFacts } from "./probe.ts";
import type { Effect, Rule } from "./rules.ts";

/**
 * What the audit log keeps of a decision: enough to explain it later and to make it again under another constitution,
 * so also every fact it rested on, with the probe and the digest of its evidence.
 */
export interface DecisionRecord {
  readonly action: ActionName;
  readonly target: Json;
  readonly target_hash: string;
  readonly answer: Effect;
  readonly mode: "act" | "observe";
  readonly reason: string;
  readonly rule?: string;
  /** `constitution.yaml:16@9f3c1d2…` of the deciding rule. */
  readonly rule_place?: string;
  readonly constitution: { readonly digest: string; readonly commit: string };
  readonly facts: {
    readonly [name: string]: { readonly value: Json; readonly probe: string; readonly evidence: string };
  };
  readonly permit?: string;
  readonly approval?: string;
}

export function recordDecision<A extends ActionName>(made: {
  readonly constitution: Constitution;
  readonly commit: string;
  readonly action: A;
  readonly target: Target<A>;
  readonly targetHash: string;
  readonly answer: Effect;
  readonly mode: "act" | "observe";
  readonly reason: string;
  readonly rule: Rule | undefined;
  readonly facts: Facts;
  readonly permit?: string | undefined;
  readonly approval?: string | undefined;
}): Json {
  const record: DecisionRecord = {
    action: made.action,
    target: made.target as unknown as Json,
    target_hash: made.targetHash,
    answer: made.answer,
    mode: made.mode,
    reason: made.reason,
    ...(made.rule ? { rule: made.rule.id, rule_place: rulePlace(made.rule, made.commit) } : {}),
    constitution: { digest: made.constitution.digest, commit: made.commit },
    facts: Object.fromEntries(
      Object.values(made.facts).map(({ name, value, source }: Fact) => [
        name,
        { value: value as Json, probe: source.probe, evidence: source.evidence },
      ]),
    ),
    ...(made.permit ? { permit: made.permit } : {}),
    ...(made.approval ? { approval: made.approval } : {}),
  };
  return record as unknown as Json;
}

/** `file:line@commit` of a rule. */
export function rulePlace(rule: Rule, commit: string): string {
  return `${rule.place.file}:${rule.place.line ?? 1}@${commit}`;
}

/** The decision that an audit entry holds; undefined for entries of other kinds. */
export function decisionIn(entry: AuditEntry): DecisionRecord | undefined {
  return entry.kind === "decision" ? (entry.data as unknown as DecisionRecord) : undefined;
}

/**
 * The facts of a recorded decision, for making it again. They are good for `decide` only: no gate takes them, because no
 * probe of this process made them. Facts that no longer exist are named in `gone`.
 */
export function recordedFacts(record: DecisionRecord): { readonly facts: Facts; readonly gone: readonly string[] } {
  const known = Object.entries(record.facts).filter(([name]) => Object.hasOwn(FACTS, name));
  const gone = Object.keys(record.facts).filter((name) => !Object.hasOwn(FACTS, name));
  const facts = known.map(([name, { value, probe, evidence }]) =>
    supposedFacts([[name as FactName, value]], { probe, evidence }),
  );
  return { facts: mergeFacts(...facts), gone };
}
