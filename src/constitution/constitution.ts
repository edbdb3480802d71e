import { ACTION_NAMES, type ActionName } from "../core/action.ts";
import { sha256 } from "../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, type SourcePlace, succeed } from "../core/diagnostic.ts";
import { didYouMean } from "../core/suggest.ts";
import { readYaml } from "../core/yaml.ts";
import { isTimeZone } from "./calendar.ts";
import { type Condition, compileCondition } from "./condition.ts";
import { type RuleTest, readTests } from "./rule-tests.ts";
import { actionsOf, defaultReason, type Effect, impliedRules, indexRules, type Rule, type RuleIndex } from "./rules.ts";
import { type ConstitutionDocument, documentSchema, type RuleDocument, spanMs } from "./schema.ts";
import { placeInScalar } from "./text-place.ts";

/** The organisation's policy, read, checked and compiled. */
export interface Constitution {
  readonly document: ConstitutionDocument;
  readonly file: string;
  /** The organisation repository's commit it was read at; absent for a file read from a work tree. */
  readonly commit?: string;
  /** SHA-256 of the text. */
  readonly digest: string;
  readonly timeZone: string;
  /** Written rules in the order of the file, then the implied ones. */
  readonly rules: readonly Rule[];
  readonly byAction: ReadonlyMap<ActionName, RuleIndex>;
  readonly tests: readonly RuleTest[];
  /** Place of the value at a path of keys and indices in the file. */
  place(path: readonly (string | number)[]): SourcePlace;
}

type Path = readonly (string | number)[];

/** Ids that the program itself uses for answers no written rule gave. */
const RESERVED = /^(no-match|no-rule)$/;

/**
 * Reads a constitution. Everything that is wrong is reported at once, each problem with file, line, column and what was
 * probably meant: YAML and shape, time zone, actions, groups, repeated ids, and every CEL condition, type-checked against
 * the facts, with the place inside the expression.
 */
export function readConstitution(
  text: string,
  options: { readonly file: string; readonly commit?: string },
): Outcome<Constitution> {
  const located = readYaml(text, documentSchema, { ...options, codes: "constitution" });
  if (!located.ok) return located;
  const { value: document, place } = located.value;
  const problems: Diagnostic[] = [];
  const complain = (code: string, message: string, where: SourcePlace, next?: string) => {
    problems.push(problem("config", `constitution.${code}`, message, { where, ...(next ? { next } : {}) }));
  };
  const compile = (condition: string, path: Path): Condition | undefined => {
    const compiled = compileCondition(condition);
    if ("condition" in compiled) return compiled.condition;
    for (const error of compiled.errors) {
      complain(error.code, error.message, placeInScalar(text, place(path), condition, error), error.next);
    }
    return undefined;
  };

  if (!isTimeZone(document.time_zone)) {
    complain(
      "time_zone",
      `unknown time zone ${document.time_zone}`,
      place(["time_zone"]),
      timeZoneHint(document.time_zone),
    );
  }

  const rules: Rule[] = [];
  const seen = new Map<string, SourcePlace>();
  for (const [index, written] of document.rules.entries()) {
    const at = (...path: (string | number)[]) => place(["rules", index, ...path]);
    const earlier = seen.get(written.id);
    if (earlier) {
      complain("duplicate_rule", `the rule id ${written.id} is used twice; first on line ${earlier.line}`, at("id"));
    }
    if (RESERVED.test(written.id)) complain("reserved_rule", `the rule id ${written.id} is reserved`, at("id"));
    seen.set(written.id, at("id"));
    const rule = readRule(written, at, compile, complain, document, index);
    if (rule) rules.push(rule);
  }

  for (const [index, entry] of document.release.requires.entries()) {
    const written = typeof entry === "string" ? { that: entry } : entry;
    const path = ["release", "requires", index, ...(typeof entry === "string" ? [] : ["that"])];
    const condition = compile(written.that, path);
    if (!condition) continue;
    const because = written.because ?? `A release needs ${written.that}.`;
    const root = { op: "not", part: condition.root } as const;
    rules.push({
      id: `release.requires.${index + 1}`,
      effect: "deny",
      patterns: ["release.tag", "package.publish"],
      actions: ["release.tag", "package.publish"],
      condition: { text: `!(${condition.text})`, root, facts: condition.facts, all: [root] },
      because,
      reason: because,
      place: place(path),
      implied: true,
    });
  }
  if (document.release.docs.length > 0) {
    const condition = compile("size(source.lacks_docs) > 0", ["release", "docs"]);
    const because = `A release needs ${document.release.docs.join(", ")}.`;
    if (condition) {
      rules.push({
        id: "release.docs",
        effect: "deny",
        patterns: ["release.tag", "package.publish"],
        actions: ["release.tag", "package.publish"],
        condition,
        because,
        reason: because,
        place: place(["release", "docs"]),
        implied: true,
      });
    }
  }
  for (const kind of ["decisions", "effects"] as const) {
    if (!document.audit.include.includes(kind)) {
      complain("audit_include", `audit.include cannot leave out ${kind}`, place(["audit", "include"]));
    }
  }
  const tests = readTests(document, place, complain);
  if (problems.length > 0) return fail(...problems);
  rules.push(...impliedRules(document, place));
  let digest: string | undefined;
  return succeed({
    document,
    file: options.file,
    ...(options.commit ? { commit: options.commit } : {}),
    get digest() {
      digest ??= sha256(text);
      return digest;
    },
    timeZone: document.time_zone,
    rules,
    byAction: indexRules(rules),
    tests,
    place,
  });
}

function readRule(
  written: RuleDocument,
  at: (...path: (string | number)[]) => SourcePlace,
  compile: (condition: string, path: Path) => Condition | undefined,
  complain: (code: string, message: string, where: SourcePlace, next?: string) => void,
  document: ConstitutionDocument,
  index: number,
): Rule | undefined {
  const effects = (["allow", "deny", "ask"] as const).filter((effect) => written[effect] !== undefined);
  const effect: Effect | undefined = effects[0];
  if (!effect || effects.length > 1) {
    const message = effect
      ? `${written.id} has ${effects.join(" and ")}; a rule has one`
      : `${written.id} does nothing`;
    complain("rule_effect", message, at("id"), "give exactly one of allow, deny and ask, each a list of actions");
    return undefined;
  }
  const patterns = written[effect] ?? [];
  for (const [position, pattern] of patterns.entries()) {
    if (actionsOf([pattern]).length > 0) continue;
    const known = [...ACTION_NAMES, ...new Set(ACTION_NAMES.map((name) => `${name.split(".")[0]}.*`))];
    const meant = didYouMean(pattern, known);
    complain(
      "unknown_action",
      `unknown action ${pattern}${meant ? `; did you mean ${meant}?` : ""}`,
      at(effect, position),
      meant ? undefined : `known: ${ACTION_NAMES.join(", ")}`,
    );
  }
  if (effect === "ask" && !written.of) {
    complain("ask_of", `${written.id} asks nobody`, at("ask"), "add of: { group: …, count: 1, within: 4h }");
  }
  if (effect !== "ask" && written.of) complain("ask_of", `only an ask rule has "of"`, at("of"));
  if (written.of) checkGroup(written.of, at, complain, document);
  const condition = written.when === undefined ? undefined : compile(written.when, ["rules", index, "when"]);
  if (written.when !== undefined && !condition) return undefined;
  return {
    id: written.id,
    effect,
    patterns,
    actions: actionsOf(patterns),
    ...(condition ? { condition } : {}),
    ...(written.because ? { because: written.because } : {}),
    reason: written.because ?? defaultReason(effect, written.id, written.of),
    ...(effect === "ask" && written.of
      ? { of: { group: written.of.group, count: written.of.count, withinMs: spanMs(written.of.within) ?? 0 } }
      : {}),
    place: at(),
    implied: false,
  };
}

function checkGroup(
  of: NonNullable<RuleDocument["of"]>,
  at: (...path: (string | number)[]) => SourcePlace,
  complain: (code: string, message: string, where: SourcePlace, next?: string) => void,
  document: ConstitutionDocument,
): void {
  const members = Object.hasOwn(document.groups, of.group) ? document.groups[of.group] : undefined;
  if (!members) {
    const meant = didYouMean(of.group, Object.keys(document.groups));
    complain(
      "unknown_group",
      `unknown group ${of.group}${meant ? `; did you mean ${meant}?` : ""}`,
      at("of", "group"),
      meant ? undefined : `add it: groups: { ${of.group}: [someone] }`,
    );
  } else if (new Set(members).size < of.count) {
    complain(
      "group_too_small",
      `${of.group} has ${new Set(members).size} members; ${of.count} can never agree`,
      at("of", "count"),
    );
  }
}

function timeZoneHint(name: string): string {
  const meant = didYouMean(name, Intl.supportedValuesOf("timeZone"));
  return meant ? `did you mean ${meant}?` : "give an IANA name such as Europe/Berlin or UTC";
}
