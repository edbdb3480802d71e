import type { ActionName } from "../core/action.ts";
import type { FactName, FactSource, Facts } from "../core/facts.ts";
import { localTime } from "./calendar.ts";
import { type ConditionNode, evaluate, evaluationError, nodeText, subConditions, type Truth } from "./condition.ts";
import type { Constitution } from "./constitution.ts";
import { decideValues, holds, type RuleAnswer } from "./decide.ts";
import { type FactValues, factValues } from "./fact-values.ts";
import { mergeFacts, supposedFacts } from "./probe.ts";
import type { Effect, Rule } from "./rules.ts";

/** One part of a rule's condition, the parts being joined by "and". */
export interface ExplainedPart {
  readonly text: string;
  readonly value: Truth;
  readonly facts: readonly ExplainedFact[];
  /** Why it has no value although its facts are known. */
  readonly error?: string;
  /** The parts of an "or" or a "not" with more than one of them. */
  readonly inner: readonly ExplainedPart[];
}

export interface ExplainedFact {
  readonly name: FactName;
  /** Absent: nobody established it. */
  readonly value?: string | number | boolean | readonly string[];
  readonly source?: FactSource;
}

export interface ExplainedRule {
  readonly rule: Rule;
  readonly matches: Truth;
  readonly parts: readonly ExplainedPart[];
}

/** What would have to be otherwise for another answer. */
export interface ChangeNeeded {
  readonly rule: Rule;
  /** `not`: one of these parts must become false. `and`: each of these must become true. */
  readonly join: "not" | "and";
  readonly parts: readonly string[];
  /** `not` of a single part that is a negation itself: what must become true. */
  readonly instead?: string;
}

/** When the answer becomes another one by time alone. */
export interface NextAnswer {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly answer: Effect;
  readonly rule?: Rule;
  /** The nearest allowing rule and what it still needs, where the answer then is that no rule matches. */
  readonly nearest?: { readonly rule: Rule; readonly needs: readonly string[] };
}

export interface Explanation {
  readonly action: ActionName;
  readonly answer: RuleAnswer;
  readonly now: number;
  readonly timeZone: string;
  /** The organisation's commit; absent for a constitution read from a work tree. */
  readonly commit?: string;
  /** Why: the deciding rule first, then the others that also deny or ask. Empty when nothing matched. */
  readonly decided: readonly ExplainedRule[];
  /** Rules that could allow or ask, nearest first; only when nothing matched, or a deny only because facts are unknown. */
  readonly candidates: readonly ExplainedRule[];
  readonly changes: readonly ChangeNeeded[];
  readonly next?: NextAnswer;
}

/**
 * Says how an action would be judged now and why: the deciding rule, the value of each part of its condition, where each
 * fact came from, and what would change the answer, the time included.
 *
 * @param facts what is known; `now.*` is added from `now`
 */
export function explain(
  constitution: Constitution,
  action: ActionName,
  facts: Facts,
  { now }: { readonly now: number },
): Explanation {
  const at = (ms: number) => mergeFacts(facts, timeFacts(ms, constitution.timeZone), agedFacts(facts, ms - now));
  const current = at(now);
  const values = factValues(current);
  const answer = decideValues(constitution, action, values);
  const index = constitution.byAction.get(action);
  const blocking = [...(index?.deny ?? []), ...(answer.answer === "ask" ? (index?.ask ?? []) : [])];
  const matching =
    answer.answer === "allow"
      ? [answer.rule as Rule]
      : blocking.filter((rule) => rule.effect === answer.answer && holds(rule, values) !== false);
  const decided = answer.rule
    ? [answer.rule, ...matching.filter((rule) => rule !== answer.rule)].map((rule) =>
        explainRule(rule, current, values),
      )
    : [];
  const open = answer.answer === "deny" && (!answer.rule || !answer.certain);
  const candidates = open
    ? nearest(constitution, action, values).map((rule) => explainRule(rule, current, values))
    : [];
  const next = nextAnswer(constitution, action, answer, at, now);
  return {
    action,
    answer,
    now,
    timeZone: constitution.timeZone,
    ...(constitution.commit ? { commit: constitution.commit } : {}),
    decided,
    candidates,
    changes: changesNeeded(answer, decided, candidates),
    ...(next ? { next } : {}),
  };
}

function timeFacts(ms: number, timeZone: string): Facts {
  const { weekday, hour, date } = localTime(ms, timeZone);
  return supposedFacts(
    [
      ["now.weekday", weekday],
      ["now.hour", hour],
      ["now.date", date],
    ],
    { probe: "clock", evidence: "" },
  );
}

/** What grows older by itself, some time from now. Rounded down, so that no time is told that would come too early. */
function agedFacts(facts: Facts, passed: number): Facts {
  const age = facts["source.age_hours"];
  if (!age || passed <= 0) return {};
  const { probe, evidence } = age.source;
  return supposedFacts([["source.age_hours", age.value + Math.floor(passed / HOUR_MS)]], { probe, evidence });
}

function explainRule(rule: Rule, facts: Facts, values: FactValues): ExplainedRule {
  const parts = rule.condition?.all ?? [];
  return { rule, matches: holds(rule, values), parts: parts.map((part) => explainPart(part, facts, values)) };
}

function explainPart(node: ConditionNode, facts: Facts, values: FactValues): ExplainedPart {
  const own = subConditions(node);
  const names = [...new Set(own.flatMap((part) => part.facts))];
  const error = node.op === "is" ? evaluationError(node, values) : undefined;
  const below =
    node.op === "not" && own.length > 1 ? [node.part] : node.op === "or" || node.op === "and" ? node.parts : [];
  return {
    text: nodeText(node),
    value: evaluate(node, values),
    facts: names.map((name) => {
      const fact = facts[name];
      return fact ? { name, value: fact.value, source: fact.source } : { name };
    }),
    ...(error === undefined ? {} : { error }),
    inner: below.map((part) => explainPart(part, facts, values)),
  };
}

/** Rules that could let the action through, those first of which least is missing. */
function nearest(constitution: Constitution, action: ActionName, values: FactValues): Rule[] {
  const index = constitution.byAction.get(action);
  const missing = (rule: Rule) => {
    const parts = (rule.condition?.all ?? []).map((part) => evaluate(part, values));
    // A part that is false weighs more than one that only nobody knows yet.
    return parts.filter((value) => value === false).length * 100 + parts.filter((value) => value === undefined).length;
  };
  return [...(index?.allow ?? []), ...(index?.ask ?? [])].sort((a, b) => missing(a) - missing(b));
}

function changesNeeded(
  answer: RuleAnswer,
  decided: readonly ExplainedRule[],
  candidates: readonly ExplainedRule[],
): ChangeNeeded[] {
  if (answer.answer === "allow") return [];
  const texts = ({ rule, parts }: ExplainedRule, counts: (part: ExplainedPart) => boolean) =>
    (rule.condition?.all ?? []).filter((_, index) => counts(parts[index] as ExplainedPart)).map(asOperand);
  if (answer.rule) {
    return decided.map((one) => {
      const all = one.rule.condition?.all ?? [];
      const only = all.length === 1 ? all[0] : undefined;
      const instead = only?.op === "not" ? { instead: nodeText(only.part) } : {};
      return { rule: one.rule, join: "not", parts: texts(one, () => true), ...instead };
    });
  }
  return candidates.map((one) => ({ rule: one.rule, join: "and", parts: texts(one, ({ value }) => value !== true) }));
}

/** A part as it stands between others. */
function asOperand(node: ConditionNode): string {
  return node.op === "or" ? `(${nodeText(node)})` : nodeText(node);
}

const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Every quarter of an hour (no time zone is finer) for this long, then every hour, which meets every local hour once. */
const FINE_MS = 8 * DAY_MS;
const COARSE_MS = 400 * DAY_MS;

function nextAnswer(
  constitution: Constitution,
  action: ActionName,
  current: RuleAnswer,
  at: (ms: number) => Facts,
  now: number,
): NextAnswer | undefined {
  if (!asksForTime(constitution, action)) return undefined;
  const differs = (ms: number) => {
    const then = decideValues(constitution, action, factValues(at(ms)));
    return then.answer !== current.answer || then.rule !== current.rule ? then : undefined;
  };
  const start = Math.floor(now / QUARTER_MS) * QUARTER_MS;
  const scan = (from: number, to: number): NextAnswer | undefined => {
    for (let ms = from; ms <= to; ms += QUARTER_MS) {
      const then = differs(ms);
      if (!then) continue;
      const values = factValues(at(ms));
      const best = then.rule ? undefined : nearest(constitution, action, values)[0];
      const needs = (best?.condition?.all ?? []).filter((part) => evaluate(part, values) !== true).map(asOperand);
      return {
        at: ms,
        answer: then.answer,
        ...(then.rule ? { rule: then.rule } : {}),
        ...(best ? { nearest: { rule: best, needs } } : {}),
      };
    }
    return undefined;
  };
  const soon = scan(start + QUARTER_MS, start + FINE_MS);
  if (soon) return soon;
  for (let ms = start + FINE_MS; ms <= start + COARSE_MS; ms += HOUR_MS) {
    if (differs(ms)) return scan(ms - HOUR_MS + QUARTER_MS, ms);
  }
  return undefined;
}

function asksForTime(constitution: Constitution, action: ActionName): boolean {
  const index = constitution.byAction.get(action);
  return [...(index?.deny ?? []), ...(index?.ask ?? []), ...(index?.allow ?? [])].some((rule) =>
    rule.condition?.facts.some((name) => name.startsWith("now.") || name === "source.age_hours"),
  );
}
