import { ACTION_NAMES, type ActionName, actionMatches } from "../core/action.ts";
import type { SourcePlace } from "../core/diagnostic.ts";
import { type Condition, compileCondition } from "./condition.ts";
import type { ConstitutionDocument } from "./schema.ts";

export type Effect = "allow" | "deny" | "ask";

/** One rule, ready to be evaluated. */
export interface Rule {
  readonly id: string;
  readonly effect: Effect;
  /** As written. */
  readonly patterns: readonly string[];
  /** The actions that the patterns cover. */
  readonly actions: readonly ActionName[];
  /** Absent: the rule always matches. */
  readonly condition?: Condition;
  readonly because?: string;
  /** What to tell a reader when this rule decides. */
  readonly reason: string;
  /** Who is asked; present exactly when the effect is `ask`. */
  readonly of?: Asked;
  readonly place: SourcePlace;
  /** Made from `limits`, `release.requires` or `models`, not written under `rules`. */
  readonly implied: boolean;
}

export interface Asked {
  readonly group: string;
  readonly count: number;
  readonly withinMs: number;
}

/** What a reader is told by a rule whose author gave no reason. */
export function defaultReason(effect: Effect, id: string, of?: Pick<Asked, "group" | "count">): string {
  if (effect === "ask" && of)
    return `${of.count === 1 ? "One person" : `${of.count} people`} of ${of.group} must agree.`;
  return `The rule ${id} ${effect === "allow" ? "allows" : "denies"} it.`;
}

/** Whether a reason only says again that the rule allows or denies. */
export function isDefaultReason(reason: string, id: string): boolean {
  return reason === defaultReason("allow", id) || reason === defaultReason("deny", id);
}

export interface RuleIndex {
  readonly deny: readonly Rule[];
  readonly ask: readonly Rule[];
  readonly allow: readonly Rule[];
}

/** Rules by action, each list in the order of the file: a decision looks at no rule that cannot concern it. */
export function indexRules(rules: readonly Rule[]): ReadonlyMap<ActionName, RuleIndex> {
  return new Map(
    ACTION_NAMES.map((action) => {
      const mine = rules.filter((rule) => rule.actions.includes(action));
      return [
        action,
        {
          deny: mine.filter(({ effect }) => effect === "deny"),
          ask: mine.filter(({ effect }) => effect === "ask"),
          allow: mine.filter(({ effect }) => effect === "allow"),
        },
      ];
    }),
  );
}

export function actionsOf(patterns: readonly string[]): ActionName[] {
  return ACTION_NAMES.filter((action) => patterns.some((pattern) => actionMatches(pattern, action)));
}

/**
 * Limits and release conditions as deny rules, so that they are decided, explained, tested and audited like any other.
 * `place` finds where each stands.
 */
export function impliedRules(
  document: ConstitutionDocument,
  place: (path: readonly (string | number)[]) => SourcePlace,
): Rule[] {
  const rules: Rule[] = [];
  const deny = (id: string, actions: ActionName[], when: string, because: string, path: (string | number)[]) => {
    const compiled = compileCondition(when);
    if ("errors" in compiled) throw new Error(`an implied rule does not compile: ${when}`);
    rules.push({
      id,
      effect: "deny",
      patterns: actions,
      actions,
      condition: compiled.condition,
      because,
      reason: because,
      place: place(path),
      implied: true,
    });
  };
  for (const [pillar, limits] of Object.entries(document.limits)) {
    const over = (key: keyof typeof limits, actions: ActionName[], fact: string, words: (limit: number) => string) => {
      const limit = limits[key];
      if (limit === undefined) return;
      const when = `run.pillar == "${pillar}" && ${fact} ${key.startsWith("model_") ? ">=" : ">"} ${limit}`;
      deny(`limits.${pillar}.${key}`, actions, when, words(limit), ["limits", pillar, key]);
    };
    over("files", ["git.commit"], "change.files", (n) => `A ${pillar} commit may change ${n} files.`);
    over("lines", ["git.commit"], "change.lines", (n) => `A ${pillar} commit may change ${n} lines.`);
    over("attempts", ["git.commit"], "run.attempt", (n) => `A ${pillar} run may try ${n} times.`);
    over("minutes", ["git.commit"], "run.minutes", (n) => `A ${pillar} run may take ${n} minutes.`);
    over("model_calls", ["model.ask"], "model.calls_in_run", (n) => `A ${pillar} run may ask a model ${n} times.`);
    over(
      "model_tokens",
      ["model.ask"],
      "model.tokens_in_run",
      (n) => `Models may take ${n} tokens in a ${pillar} run.`,
    );
  }
  const tokens = document.models.tokens_per_day;
  if (tokens !== undefined) {
    const because = `Models may take ${tokens} tokens in 24 hours.`;
    const path = ["models", "tokens_per_day"];
    deny("models.tokens_per_day", ["model.ask"], `model.tokens_today >= ${tokens}`, because, path);
  }
  const daily = document.models.calls_per_day;
  if (daily !== undefined) {
    const because = `Models may be asked ${daily} times in 24 hours.`;
    deny("models.calls_per_day", ["model.ask"], `model.calls_today >= ${daily}`, because, ["models", "calls_per_day"]);
  }
  return rules;
}
