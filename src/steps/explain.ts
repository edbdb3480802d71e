import { resolve } from "node:path";
import * as z from "zod";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { writeFileAtomic } from "../core/files.ts";
import { VERSION } from "../core/version.ts";
import { nearestSpec } from "../org/product.ts";
import { type OpenedStories, openStories } from "../org/stories.ts";
import {
  excerptsOf,
  explainHtml,
  explainJson,
  explainLines,
  explainMarkdown,
  explainSarif,
  foldLog,
} from "../pillars/heal/explain/index.ts";
import { readLog } from "../pillars/heal/read/index.ts";
import type { Workplace } from "../pipeline/session.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { type FoundLog, findLog } from "./explain-log.ts";
import { sourceNotes } from "./explain-source.ts";

export const explainStep = defineStep({
  name: "explain",
  summary: "Say what is wrong in a build log",
  description:
    "Reads a log of any size and any tool, and shows the root cause with its lines of the log, the file and line it points at, and how often the fleet has seen it. Needs no organisation; with one configured it also tells what is known of the failure.",
  examples: [
    { command: "codemonkeys explain build.log", says: "the cause on the first screen" },
    { command: "codemonkeys explain", says: "the newest build of the product that you are in" },
    { command: "npm test 2>&1 | codemonkeys explain -", says: "whatever a command says" },
    { command: "codemonkeys explain build.log --pass last-green.log", says: "compared with the last green log" },
    { command: "codemonkeys explain payments", says: "the newest build of a product here" },
    {
      command: "codemonkeys explain https://jenkins.example/job/payments/12/",
      says: "a build of Jenkins, with its token in CODEMONKEYS_JENKINS_TOKEN and its user in CODEMONKEYS_JENKINS_TOKEN_USER",
    },
    { command: "codemonkeys explain build.log --html report.html", says: "a page to read in a browser" },
    { command: "codemonkeys explain build.log --sarif out.sarif", says: "for code scanning views" },
  ],
  params: z.object({
    log: z
      .string()
      .optional()
      .describe(
        "a log file, - for standard input, a product (its newest build), the id of a build of the local runner, or a Jenkins build's address; without one, the newest build of the product here",
      ),
    build: z.string().optional().describe("a build of the product, where it is not the newest"),
    pass: z.string().optional().describe("the log of a build that passed; lines they share are not the cause"),
    sarif: z.string().optional().describe("also write SARIF to this file"),
    markdown: z.string().optional().describe("also write Markdown to this file, fit for a pull request's comment"),
    html: z
      .string()
      .optional()
      .describe("also write one self-contained page to this file: the cause, and the log folded to what matters"),
  }),
  positional: ["log", "build"],
  result: z.record(z.string(), z.unknown()),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "nothing",
  async run(workplace, { log, build, pass, ...files }) {
    const found = await findLog(workplace, log, build);
    if (!found.ok) return found;
    try {
      const passing = pass === undefined ? undefined : await findLog(workplace, pass);
      if (passing && !passing.ok) return passing;
      return await explained(workplace, found.value, passing?.value, files);
    } finally {
      await found.value.close?.();
    }
  },
});

/** Lines of the root failure that are kept to be shown. */
const MOST_LINES = 60;

async function explained(
  workplace: Workplace,
  found: FoundLog,
  passing: FoundLog | undefined,
  files: {
    readonly sarif?: string | undefined;
    readonly markdown?: string | undefined;
    readonly html?: string | undefined;
  },
): Promise<Outcome<StepReport<Record<string, unknown>>>> {
  const { name, open, link } = found;
  const { sarif, markdown, html } = files;
  const report = await readLog(open(), passing ? { pass: passing.open() } : {});
  const stories: OpenedStories = await openStories(workplace, report);
  // Only the root's are shown; enough of them to fold a long stack.
  const excerpts = await excerptsOf(open(), report.root === undefined ? [] : [report.root], MOST_LINES);
  const explanation = {
    log: name,
    report,
    excerpts,
    stories: stories.stories,
    notes: await sourceNotes(workplace, report),
    ...(link === undefined ? {} : { link: () => link }),
  };
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
  if (html !== undefined) {
    const folded = await foldLog(open(), report.failures);
    await writeFileAtomic(resolve(workplace.cwd, html), explainHtml(explanation, folded));
  }
  return succeed(
    {
      data: explainJson(report, explanation.log) as Record<string, unknown>,
      sarif: written,
      summary: text,
      display: explainLines(explanation, nearestSpec(workplace.cwd) ?? workplace.cwd),
    },
    stories.warnings,
  );
}
