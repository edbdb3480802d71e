import { supposedFacts } from "../../src/constitution/probe.ts";
import { ACTION_NAMES, type ActionName } from "../../src/core/action.ts";
import type { FactName, Facts } from "../../src/core/facts.ts";

/** One policy in two languages, rule for rule, and the questions to put to it. */
export interface Policy {
  /** A constitution. */
  readonly yaml: string;
  /** The same as Cedar policies: `forbid` for deny, `permit` for allow. */
  readonly cedar: string;
}

export interface Question {
  readonly action: ActionName;
  readonly facts: Facts;
  /** The facts as Cedar's context. */
  readonly context: Record<string, never>;
}

type Random = () => number;

/** A small seeded generator (mulberry32), so that every run measures the same. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const TEXTS = {
  "run.pillar": ["heal", "release", "publish", "announce", "docs"],
  "product.company": ["acme", "globex", "initech"],
  "source.branch": ["main", "dev", "release/1", "heal/x"],
  "target.branch.name": ["main", "heal/x", "docs/y"],
  "target.environment": ["production", "staging", "test"],
  "evidence.suite": ["passed", "failed"],
  "now.weekday": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
} as const;
const NUMBERS = {
  "product.tier": 4,
  "change.lines": 200,
  "change.files": 12,
  "now.hour": 24,
  "run.attempt": 4,
} as const;
const TRUTHS = [
  "ci.green",
  "scans.clean",
  "target.branch.protected",
  "change.weakens_tests",
  "target.loopback",
] as const;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** A comparison of one fact with a literal, as both languages write it. */
function comparison(random: Random): { readonly cel: string; readonly cedar: string } {
  const kind = random();
  if (kind < 0.3) {
    const name = pick(random, TRUTHS);
    const not = random() < 0.4 ? "!" : "";
    return { cel: `${not}${name}`, cedar: `${not}context.${name}` };
  }
  if (kind < 0.65) {
    const [name, bound] = pick(random, Object.entries(NUMBERS));
    const test = `${pick(random, ["<=", ">", "<", ">="])} ${Math.floor(random() * bound)}`;
    return { cel: `${name} ${test}`, cedar: `context.${name} ${test}` };
  }
  const [name, words] = pick(random, Object.entries(TEXTS));
  if (random() < 0.3) {
    const list = JSON.stringify([pick(random, words), pick(random, words)]);
    return { cel: `${name} in ${list}`, cedar: `${list}.contains(context.${name})` };
  }
  const test = `${random() < 0.8 ? "==" : "!="} ${JSON.stringify(pick(random, words))}`;
  return { cel: `${name} ${test}`, cedar: `context.${name} ${test}` };
}

/** `count` rules over all actions, three in ten of them denies, each with two to four comparisons. */
export function makePolicy(count: number, random: Random): Policy {
  const yaml = ["version: 1", "rules:"];
  const cedar: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const deny = random() < 0.3;
    const actions = [
      ...new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, ACTION_NAMES))),
    ];
    const parts = Array.from({ length: (deny ? 3 : 2) + Math.floor(random() * 2) }, () => comparison(random));
    // One "or" in every third rule, so that it is not all conjunctions.
    const glue = parts.map((_, at) => (at === parts.length - 1 && index % 3 === 0 ? " || " : " && "));
    const join = (texts: readonly string[]) => {
      const last = texts.at(-1) as string;
      return glue.at(-1) === " || " ? `(${texts.slice(0, -1).join(" && ")}) || ${last}` : texts.join(" && ");
    };
    const cel = join(parts.map((part) => part.cel));
    yaml.push(`  - id: r${index}`, `    ${deny ? "deny" : "allow"}: [${actions.join(", ")}]`, `    when: '${cel}'`);
    const names = actions.map((action) => `Action::"${action}"`).join(", ");
    const condition = join(parts.map((part) => part.cedar));
    cedar.push(`${deny ? "forbid" : "permit"} (principal, action in [${names}], resource) when { ${condition} };`);
  }
  return { yaml: `${yaml.join("\n")}\n`, cedar: cedar.join("\n") };
}

/** What constitutions say beyond comparing one fact with literals. */
const BEYOND = [
  'source.branch.startsWith("heal/")',
  'change.paths.all(path, path.startsWith("src/"))',
  "change.files > product.tier",
  '"docs/index.md" in change.paths',
  "size(change.paths) <= 2",
  "change.lines + change.files < 150",
  'product.name.matches("^pay")',
  'change.paths.exists(path, path.endsWith(".md"))',
  "source.branch != target.branch.name",
];

/** The same constitution, where each rule has one such condition more. Cedar has no words for some of them. */
export function beyondComparisons(yaml: string): string {
  let index = 0;
  return yaml.replaceAll(/when: '(.*)'/g, (_, written: string) => {
    index += 1;
    return `when: '(${written}) && ${BEYOND[index % BEYOND.length]}'`;
  });
}

const PATHS = ["src/a.ts", "src/b.ts", "docs/index.md", "test/x.ts"];

/** Questions with every fact known. */
export function makeQuestions(count: number, random: Random): Question[] {
  return Array.from({ length: count }, () => {
    const values: [FactName, unknown][] = [
      ...Object.entries(TEXTS).map(([name, words]) => [name, pick<string>(random, words)] as [FactName, unknown]),
      ...Object.entries(NUMBERS).map(([name, bound]) => [name, Math.floor(random() * bound)] as [FactName, unknown]),
      ...TRUTHS.map((name) => [name, random() < 0.5] as [FactName, unknown]),
      ["product.name", pick(random, ["payments", "shop"])],
      ["change.paths", PATHS.filter(() => random() < 0.5)],
    ];
    return { action: pick(random, ACTION_NAMES), facts: supposedFacts(values), context: nested(values) };
  });
}

function nested(values: readonly (readonly [string, unknown])[]): Record<string, never> {
  const root: Record<string, unknown> = {};
  for (const [name, value] of values) {
    const parts = name.split(".");
    let group = root;
    for (const part of parts.slice(0, -1)) {
      group[part] ??= {};
      group = group[part] as Record<string, unknown>;
    }
    group[parts.at(-1) as string] = value;
  }
  return root as Record<string, never>;
}
