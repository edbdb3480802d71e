import { resolve } from "node:path";
import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { describePlan, planNow } from "../pillars/release/release.ts";
import { replayRepositories } from "../pillars/release/replay.ts";
import { planSchema, replayResultSchema } from "../pillars/release/report.ts";
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
    "Walks a repository's own release tags and predicts each version from the commits since the one before, under rules fitted on the first half of the history and scored on the second. It shows whether the rules can be trusted with a project before they are. Several repositories add up.",
  examples: [
    { command: "codemonkeys release replay ../payments ../refunds --json", says: "two repositories, for machines" },
  ],
  params: z.object({ repositories: z.array(z.string()).min(1).describe("paths of git repositories with their tags") }),
  positional: ["repositories"],
  result: replayResultSchema,
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "nothing",
  async run(workplace, { repositories }) {
    const paths = repositories.map((path) => resolve(workplace.cwd, path));
    const replayed = await replayRepositories(paths, { signal: workplace.signal });
    if (!replayed.ok) return replayed;
    const { transitions, predicted, fitted_on, misses } = replayed.value;
    const percent = transitions === 0 ? "" : ` (${((100 * predicted) / transitions).toFixed(1)} %)`;
    const lines = [
      `${predicted} of ${transitions} versions predicted${percent}; rules fitted on ${fitted_on} earlier releases`,
      ...misses.flatMap(({ tag, expected, commits }) => [
        `✗ ${tag}: the rules say ${expected ?? "no release"}`,
        ...commits.map(({ id, subject, level }) => `    ${id.slice(0, 7)} ${level.padEnd(5)} ${subject}`),
      ]),
    ];
    return succeed({ data: replayed.value, summary: lines.join("\n"), display: lines }, replayed.warnings);
  },
});
