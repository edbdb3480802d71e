import { ACTION_NAMES, type ActionName, isActionName } from "../core/action.ts";
import type { SourcePlace } from "../core/diagnostic.ts";
import { FACT_NAMES, FACTS, type FactName } from "../core/facts.ts";
import { didYouMean } from "../core/suggest.ts";
import { hasFactType, resolvePath } from "./fact-paths.ts";
import type { Effect } from "./rules.ts";
import type { ConstitutionDocument } from "./schema.ts";

/** One entry of `tests:`: facts, an action, and the answer that must come out. */
export interface RuleTest {
  readonly name: string;
  readonly action: ActionName;
  readonly facts: ReadonlyMap<FactName, unknown>;
  readonly answer: Effect;
  /** The rule that must decide; `no-match` when no rule may. Absent: any. */
  readonly rule?: string;
  readonly place: SourcePlace;
}

type Complain = (code: string, message: string, where: SourcePlace, next?: string) => void;
type Place = (path: readonly (string | number)[]) => SourcePlace;

/** Reads the tests of a constitution; unknown actions, facts, rules and values of the wrong type are complained about. */
export function readTests(document: ConstitutionDocument, place: Place, complain: Complain): RuleTest[] {
  const tests: RuleTest[] = [];
  const ids = new Set(document.rules.map(({ id }) => id));
  for (const [index, written] of document.tests.entries()) {
    const at = (...path: (string | number)[]) => place(["tests", index, ...path]);
    const { action, ...given } = written.given;
    if (!isActionName(action)) {
      const meant = didYouMean(action, ACTION_NAMES);
      complain(
        "unknown_action",
        `unknown action ${action}${meant ? `; did you mean ${meant}?` : ""}`,
        at("given", "action"),
        meant ? undefined : `known: ${ACTION_NAMES.join(", ")}`,
      );
      continue;
    }
    const facts = new Map<FactName, unknown>();
    readFacts(given, [], facts, (code, message, path, next) => complain(code, message, at("given", ...path), next));
    const [answer, rule] =
      typeof written.expect === "string"
        ? [written.expect, undefined]
        : (Object.entries(written.expect)[0] as [Effect, string]);
    if (rule !== undefined && rule !== "no-match" && !ids.has(rule) && !isImplied(rule)) {
      const meant = didYouMean(rule, ids);
      complain("unknown_rule", `no rule ${rule}${meant ? `; did you mean ${meant}?` : ""}`, at("expect", answer));
    }
    tests.push({
      name: written.name ?? `test ${index + 1}`,
      action,
      facts,
      answer,
      ...(rule === undefined ? {} : { rule }),
      place: at(),
    });
  }
  return tests;
}

function isImplied(rule: string): boolean {
  return /^(limits\.|models\.|release\.requires\.|release\.docs$)/.test(rule);
}

function readFacts(
  value: Readonly<Record<string, unknown>>,
  path: readonly string[],
  into: Map<FactName, unknown>,
  complain: (code: string, message: string, path: readonly string[], next?: string) => void,
): void {
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, ...key.split(".")];
    const found = resolvePath(here);
    const name = here.join(".");
    if (!found) {
      const meant = didYouMean(name, FACT_NAMES);
      complain("unknown_fact", `unknown fact ${name}${meant ? `; did you mean ${meant}?` : ""}`, [...path, key]);
    } else if ("group" in found) {
      if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) {
        readFacts(inner as Record<string, unknown>, here, into, complain);
      } else {
        complain("unknown_fact", `${name} is a group of facts`, [...path, key], `below it: ${found.group.join(", ")}`);
      }
    } else if (found.used < here.length) {
      complain("unknown_fact", `unknown fact ${name}`, [...path, key]);
    } else if (!hasFactType(found.fact, inner)) {
      complain("wrong_type", `${name} is of type ${FACTS[found.fact][0]}`, [...path, key]);
    } else {
      into.set(found.fact, inner);
    }
  }
}
