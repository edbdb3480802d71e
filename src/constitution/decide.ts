import type { ActionName } from "../core/action.ts";
import type { FactName, Facts } from "../core/facts.ts";
import { evaluate, type Truth } from "./condition.ts";
import type { Constitution } from "./constitution.ts";
import { type FactValues, factValues, isKnown } from "./fact-values.ts";
import type { Effect, Rule } from "./rules.ts";

/** What the rules say to one action. Pure: no clock, no database, no log. */
export interface RuleAnswer {
  readonly answer: Effect;
  /** The deciding rule; absent when no rule matched, which is a deny. */
  readonly rule?: Rule;
  readonly reason: string;
  /** False when a deny or ask matched only because something is unknown. */
  readonly certain: boolean;
  /** All ask rules that matched, in the order of the file: each must be satisfied. Empty unless the answer is `ask`. */
  readonly asks: readonly Rule[];
  /** Facts the deciding rule names that nobody established. */
  readonly unknown: readonly FactName[];
}

export const NO_MATCH_REASON = "No rule allows it.";
const NONE: readonly never[] = [];

/**
 * Deny beats ask beats allow; no match is deny. An unknown condition makes a deny and an ask match and an allow not
 * match. Of several matching rules of the same effect, those that hold for certain come before those that match because
 * something is unknown, then the order of the file counts; the answer itself does not depend on the order of rules.
 */
export function decide(constitution: Constitution, action: ActionName, facts: Facts): RuleAnswer {
  return decideValues(constitution, action, factValues(facts));
}

/** `decide` over facts that were made ready before. */
export function decideValues(constitution: Constitution, action: ActionName, values: FactValues): RuleAnswer {
  const rules = constitution.byAction.get(action);
  if (!rules) return { answer: "deny", reason: NO_MATCH_REASON, certain: true, asks: NONE, unknown: NONE };

  let doubtful: Rule | undefined;
  for (const rule of rules.deny) {
    const truth = holds(rule, values);
    if (truth === true) return settled("deny", rule, NONE);
    if (truth === undefined) doubtful ??= rule;
  }
  if (doubtful) return unsettled("deny", doubtful, values, NONE);

  if (rules.ask.length > 0) {
    const certain: Rule[] = [];
    const unsure: Rule[] = [];
    for (const rule of rules.ask) {
      const truth = holds(rule, values);
      if (truth === true) certain.push(rule);
      else if (truth === undefined) unsure.push(rule);
    }
    const first = certain[0];
    if (first) return settled("ask", first, [...certain, ...unsure]);
    if (unsure[0]) return unsettled("ask", unsure[0], values, unsure);
  }

  for (const rule of rules.allow) if (holds(rule, values) === true) return settled("allow", rule, NONE);
  return { answer: "deny", reason: NO_MATCH_REASON, certain: true, asks: NONE, unknown: NONE };
}

/** Whether a rule's condition holds. */
export function holds(rule: Rule, values: FactValues): Truth {
  return rule.condition === undefined ? true : evaluate(rule.condition.root, values);
}

/** The facts a rule names that are not known. */
export function unknownFacts(rule: Rule, values: FactValues): FactName[] {
  return rule.condition ? rule.condition.facts.filter((name) => !isKnown(values, name)) : [];
}

function settled(answer: Effect, rule: Rule, asks: readonly Rule[]): RuleAnswer {
  return { answer, rule, reason: rule.reason, certain: true, asks, unknown: NONE };
}

function unsettled(answer: "deny" | "ask", rule: Rule, values: FactValues, asks: readonly Rule[]): RuleAnswer {
  const unknown = unknownFacts(rule, values);
  const doubt =
    unknown.length > 0
      ? `${unknown.join(", ")} ${unknown.length === 1 ? "is" : "are"} unknown`
      : "its condition cannot be computed";
  return { answer, rule, reason: `${rule.reason} (It counts because ${doubt}.)`, certain: false, asks, unknown };
}
