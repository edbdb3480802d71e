import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import * as z from "zod";
import { fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { describePlan } from "../pillars/release/describe.ts";
import { planNow } from "../pillars/release/release.ts";
import { replayRepositories } from "../pillars/release/replay.ts";
import { planSchema, replayResultSchema } from "../pillars/release/report.ts";
import { DEFAULT_RULES, type Rules } from "../pipeline/release-rules.ts";
import { readSpec } from "../pipeline/spec.ts";
import { defineStep } from "./definition.ts";

export const releasePlanStep = defineStep({
  name: "release plan",
  summary: "Show the version, changelog and notes that the commits call for now",
  description:
    "Reads the commits since the last release tag (Conventional Commits 1.0.0) and says which version they call for and why. Nothing is built or changed; `codemonkeys release --dry-run` goes further and shows each effect with its gate's answer.",
  examples: [{ command: "codemonkeys release plan", says: "the next version and its notes" }],
  params: z.object({
    channel: z.string().optional().describe("pre-release channel, such as beta"),
    release_as: z.string().optional().describe("this version, instead of the one that the commits call for"),
  }),
  result: planSchema,
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { channel, release_as }) {
    const plan = await planNow(session, { channel, releaseAs: release_as });
    if (!plan.ok) return plan;
    const notes = plan.value.units.flatMap((unit) => ["", ...unit.notes.trimEnd().split("\n")]);
    return succeed(
      { data: plan.value, summary: [describePlan(plan.value), ...notes].join("\n"), display: notes.slice(1) },
      plan.warnings,
    );
  },
});

export const releaseReplayStep = defineStep({
  name: "release replay",
  summary: "Predict the versions of repositories' past releases, and list every miss with its commits",
  description:
    "Walks a repository's own release tags and predicts each version from the commits since the one before: under the rules that its SPEC.md gives as `release`, else (and with --fit) under rules fitted on the first half of the history and scored on the second. It shows whether the rules can be trusted with a project before they are. Several repositories add up.",
  examples: [
    { command: "codemonkeys release replay ../payments ../refunds --json", says: "two repositories, for machines" },
  ],
  params: z.object({
    repositories: z.array(z.string()).min(1).describe("paths of git repositories with their tags"),
    fit: z.boolean().default(false).describe("fit rules on the older half, although SPEC.md gives some"),
  }),
  positional: ["repositories"],
  result: replayResultSchema,
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "nothing",
  async run(workplace, { repositories, fit }) {
    const paths = repositories.map((path) => resolve(workplace.cwd, path));
    const told = new Set<string>();
    const rulesOf = async (repository: string) => {
      const rules = await specRules(repository);
      if (rules.ok && rules.value) told.add(repository);
      return rules;
    };
    const replayed = await replayRepositories(paths, { signal: workplace.signal, ...(fit ? {} : { rulesOf }) });
    if (!replayed.ok) return replayed;
    const { transitions, predicted, fitted_on, misses, rules } = replayed.value;
    const percent = transitions === 0 ? "" : ` (${((100 * predicted) / transitions).toFixed(1)} %)`;
    const lines = [
      `${predicted} of ${transitions} versions predicted${percent}; ${[...new Set(rules.map(({ repository }) => (told.has(repository) ? "rules of SPEC.md" : `rules fitted on ${fitted_on} earlier releases`)))].join("; ")}`,
      ...rules.filter(({ repository }) => !told.has(repository)).flatMap((one) => ruleLines(one.repository, one.rules)),
      ...misses.flatMap(({ tag, expected, commits }) => [
        `✗ ${tag}: the rules say ${expected ?? "no release"}`,
        ...commits.map(({ id, subject, level }) => `    ${id.slice(0, 7)} ${level.padEnd(5)} ${subject}`),
      ]),
    ];
    return succeed({ data: replayed.value, summary: lines.join("\n"), display: lines }, replayed.warnings);
  },
});

/** The rules of the SPEC.md that lies in a repository; undefined where there is none or where it says nothing of releases. */
async function specRules(repository: string): Promise<Outcome<Rules | undefined>> {
  const file = join(repository, "SPEC.md");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return succeed(undefined);
    return fail(problem("config", "spec.unreadable", `${file} cannot be read: ${messageOf(error)}`));
  }
  // Other projects have files of this name that are none of ours.
  if (!/^release:/m.test(text)) return succeed(undefined);
  const spec = readSpec(text, { file });
  return spec.ok ? succeed(spec.value.value.release) : spec;
}

/** Fitted rules as SPEC.md takes them: what differs from the defaults. */
function ruleLines(repository: string, rules: Readonly<Record<string, unknown>>): string[] {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const types = Object.entries(rules.types as Rules["types"]).filter(
    ([type, level]) => DEFAULT_RULES.types[type] !== level,
  );
  const others = Object.entries(rules).filter(
    ([key, value]) => key !== "types" && !same(value, DEFAULT_RULES[key as keyof Rules]),
  );
  const release = { ...(types.length > 0 ? { types: Object.fromEntries(types) } : {}), ...Object.fromEntries(others) };
  if (Object.keys(release).length === 0) return [`${repository}: the default rules fit`];
  return [
    `${repository}: as SPEC.md would say it`,
    ...stringify({ release })
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`),
  ];
}
