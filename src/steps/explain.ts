import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { writeFileAtomic } from "../core/files.ts";
import { VERSION } from "../core/version.ts";
import { type OpenedStories, openStories } from "../org/stories.ts";
import { excerptsOf, explainJson, explainLines, explainMarkdown, explainSarif } from "../pillars/heal/explain/index.ts";
import { readLog } from "../pillars/heal/read/index.ts";
import { WHOLE_LOG } from "../pipeline/local/records.ts";
import type { Workplace } from "../pipeline/session.ts";
import { defineStep } from "./definition.ts";

export const explainStep = defineStep({
  name: "explain",
  summary: "Say what is wrong in a build log",
  description:
    "Reads a log of any size and any tool, and shows the root cause with its lines of the log, the file and line it points at, and how often the fleet has seen it. Needs no organisation; with one configured it also tells what is known of the failure.",
  examples: [
    { command: "codemonkeys explain build.log", says: "the cause on the first screen" },
    { command: "codemonkeys explain build.log --pass last-green.log", says: "compared with the last green log" },
    { command: "codemonkeys explain build.log --sarif out.sarif", says: "for code scanning views" },
  ],
  params: z.object({
    log: z.string().describe("a log file, or the id of a build of the local runner"),
    pass: z.string().optional().describe("the log of a build that passed; lines they share are not the cause"),
    sarif: z.string().optional().describe("also write SARIF to this file"),
    markdown: z.string().optional().describe("also write Markdown to this file"),
  }),
  positional: ["log"],
  result: z.record(z.string(), z.unknown()),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "nothing",
  async run(workplace, { log, pass, sarif, markdown }) {
    const path = findLog(workplace, log);
    if (!path.ok) return path;
    const passing = pass === undefined ? undefined : findLog(workplace, pass);
    if (passing && !passing.ok) return passing;
    const report = await readLog({ path: path.value }, passing ? { pass: { path: passing.value } } : {});
    const stories: OpenedStories = await openStories(workplace, report);
    const excerpts = await excerptsOf({ path: path.value }, report.failures);
    const explanation = { log: basename(path.value), report, excerpts, stories: stories.stories };
    const written: string[] = [];
    if (sarif !== undefined) {
      await writeFileAtomic(
        resolve(workplace.cwd, sarif),
        JSON.stringify(explainSarif(report, { log: explanation.log, version: VERSION }), null, 2),
      );
      written.push(sarif);
    }
    const text = explainMarkdown(explanation);
    if (markdown !== undefined) await writeFileAtomic(resolve(workplace.cwd, markdown), text);
    return succeed(
      {
        data: explainJson(report, explanation.log) as Record<string, unknown>,
        sarif: written,
        summary: text,
        display: explainLines(explanation).map(({ text: line }) => line),
      },
      stories.warnings,
    );
  },
});

/** A file as named, or the whole log of a build of the local runner. */
function findLog(workplace: Workplace, named: string): Outcome<string> {
  const file = resolve(workplace.cwd, named);
  if (existsSync(file)) return succeed(file);
  const builds = join(workplace.homes.state, "builds");
  if (/^[a-z0-9-]+$/i.test(named) && existsSync(builds)) {
    for (const product of readdirSync(builds)) {
      const kept = join(builds, product, named, WHOLE_LOG);
      if (existsSync(kept)) return succeed(kept);
    }
  }
  return fail(
    problem("config", "explain.no_log", `there is no log ${named}`, {
      next: "name a file, or the id of a build as `codemonkeys status` shows it",
    }),
  );
}
