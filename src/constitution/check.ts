import { ACTION_NAMES, type ActionName } from "../core/action.ts";
import { type Diagnostic, problem } from "../core/diagnostic.ts";
import type { Constitution } from "./constitution.ts";
import { decide, type RuleAnswer } from "./decide.ts";
import { canHold, implies } from "./overlap.ts";
import { supposedFacts } from "./probe.ts";
import type { RuleTest } from "./rule-tests.ts";
import type { Rule } from "./rules.ts";

export interface TestResult {
  readonly test: RuleTest;
  readonly passed: boolean;
  readonly got: RuleAnswer;
}

export interface CheckReport {
  /** Errors (failing tests), warnings (rules that cannot do anything, expired waivers) and notes. */
  readonly diagnostics: readonly Diagnostic[];
  readonly tests: readonly TestResult[];
  /** Actions that no rule can ever allow, by itself or after asking. */
  readonly neverAllowed: readonly ActionName[];
}

/**
 * Checks a constitution that could be read: runs its tests, and looks for rules that can never match or decide, rules
 * that an earlier one makes superfluous, actions nothing allows, and waivers whose time is over.
 *
 * @param today `YYYY-MM-DD` in the constitution's time zone; asked for only where something has an end
 */
export function checkConstitution(constitution: Constitution, today: () => string): CheckReport {
  const tests = constitution.tests.map((test) => runTest(constitution, test));
  const dead = new Set<Rule>();
  const diagnostics: Diagnostic[] = tests.filter(({ passed }) => !passed).map(failedTest);
  const written = constitution.rules.filter(({ implied }) => !implied);
  for (const rule of written) {
    const found = superfluous(constitution, rule);
    if (!found) continue;
    if (found.dead) dead.add(rule);
    diagnostics.push(
      problem("config", `constitution.${found.dead ? "unreachable" : "shadowed"}`, found.message, {
        severity: "warning",
        where: rule.place,
        next: "take the rule out, or change what it matches",
      }),
    );
  }
  const neverAllowed = ACTION_NAMES.filter((action) => {
    const rules = constitution.byAction.get(action);
    return ![...(rules?.allow ?? []), ...(rules?.ask ?? [])].some((rule) => !dead.has(rule));
  });
  if (neverAllowed.length > 0) {
    diagnostics.push(
      problem("config", "constitution.never_allowed", `no rule ever allows ${neverAllowed.join(", ")}`, {
        severity: "note",
        where: { file: constitution.file },
      }),
    );
  }
  for (const [index, waiver] of constitution.document.security.waivers.entries()) {
    if (waiver.until >= today()) continue;
    diagnostics.push(
      problem("config", "constitution.waiver_expired", `the waiver of ${waiver.id} ended on ${waiver.until}`, {
        severity: "warning",
        where: constitution.place(["security", "waivers", index, "until"]),
        next: `take it out, or let ${waiver.by} give it a new date and reason`,
      }),
    );
  }
  if (constitution.tests.length === 0 && written.length > 0) {
    diagnostics.push(
      problem("config", "constitution.no_tests", "no rule is tested", {
        severity: "note",
        where: { file: constitution.file },
        next: "add tests: - given: { action: …, facts } expect: { deny: rule-id }",
      }),
    );
  }
  return { diagnostics, tests, neverAllowed };
}

function runTest(constitution: Constitution, test: RuleTest): TestResult {
  const got = decide(constitution, test.action, supposedFacts(test.facts));
  const rule = got.rule?.id ?? "no-match";
  return { test, got, passed: got.answer === test.answer && (test.rule === undefined || test.rule === rule) };
}

function failedTest({ test, got }: TestResult): Diagnostic {
  const expected = test.rule ? `${test.answer} by ${test.rule}` : test.answer;
  const found = got.rule ? `${got.answer} by ${got.rule.id}` : `${got.answer} by no-match`;
  return problem("config", "constitution.test_failed", `${test.name}: expected ${expected}, got ${found}`, {
    where: test.place,
    details: got.reason,
    next: "change the rules or the test",
  });
}

/** Why a rule never makes a difference; undefined when it can make one, or when that is too much to find out. */
function superfluous(
  constitution: Constitution,
  rule: Rule,
): { readonly dead: boolean; readonly message: string } | undefined {
  if (canHold(rule) === false) {
    // What is unknown makes a deny and an ask match; only the time is always known.
    const known = rule.effect === "allow" || rule.condition?.facts.every((name) => name.startsWith("now."));
    return known
      ? { dead: true, message: `${rule.id} can never match: its condition can never hold` }
      : { dead: false, message: `${rule.id} matches only where a fact is unknown: its condition can never hold` };
  }
  const stronger = cover(constitution, rule, (other) => strength(other) > strength(rule));
  if (stronger) {
    const what = stronger.some(({ effect }) => effect === "deny") ? "denied" : "asked about";
    const message = `${rule.id} can never decide: all it matches is ${what} by ${names(stronger)}`;
    return { dead: true, message };
  }
  const earlier = cover(
    constitution,
    rule,
    (other) =>
      other.effect === rule.effect &&
      constitution.rules.indexOf(other) < constitution.rules.indexOf(rule) &&
      (rule.effect !== "ask" || sameAsked(rule, other)),
  );
  if (earlier) {
    return { dead: false, message: `${rule.id} adds nothing: all it matches is matched before by ${names(earlier)}` };
  }
  return undefined;
}

/** Rules among those that `counts` picks which together match, for every action of `rule`, all that it matches. */
function cover(constitution: Constitution, rule: Rule, counts: (other: Rule) => boolean): Rule[] | undefined {
  const found = new Set<Rule>();
  for (const action of rule.actions) {
    const index = constitution.byAction.get(action);
    const others = [...(index?.deny ?? []), ...(index?.ask ?? []), ...(index?.allow ?? [])];
    const covering = others.find((other) => other !== rule && counts(other) && implies(rule, other) === true);
    if (!covering) return undefined;
    found.add(covering);
  }
  return found.size > 0 ? constitution.rules.filter((other) => found.has(other)) : undefined;
}

function strength(rule: Rule): number {
  return { allow: 0, ask: 1, deny: 2 }[rule.effect];
}

function sameAsked(a: Rule, b: Rule): boolean {
  return a.of?.group === b.of?.group && (a.of?.count ?? 0) <= (b.of?.count ?? 0);
}

function names(rules: readonly Rule[]): string {
  return rules.map(({ id }) => id).join(" and ");
}
