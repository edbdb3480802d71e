import * as z from "zod";
import { type Diagnostic, type Outcome, succeed } from "../core/diagnostic.ts";
import { openCi } from "../org/ci.ts";
import { withoutRoot } from "../pillars/heal/explain/index.ts";
import { branchCi } from "../pillars/heal/go-on.ts";
import { handedOver } from "../pillars/heal/handed-over.ts";
import { healBuild } from "../pillars/heal/heal.ts";
import { readEvidence } from "../pillars/heal/patch.ts";
import { type HealReport, healReportSchema } from "../pillars/heal/report.ts";
import { resumeHeals } from "../pillars/heal/resume.ts";
import { markdownLine } from "../pillars/release/markdown.ts";
import { planOfProduct } from "../pipeline/product-plan.ts";
import type { Session } from "../pipeline/session.ts";
import { failureOfCi } from "./ci-failure.ts";
import { CONTROLLER_CREDENTIAL } from "./controller-credential.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { findFailure } from "./heal-failure.ts";
import { withPage, writeHealPage } from "./heal-page.ts";

export const healStep = defineStep({
  name: "heal",
  jenkinsName: "monkeysHeal",
  summary: "Repair a failed build, prove the repair, and land it as the constitution allows",
  description:
    "Reads the kept log of the failed stage, shows the failure again in a clean work tree at the failing commit, tries repairs in order of trust (templates the fleet has learned, built-in fixers, a search of small edits where a test fails, a model through Ollama where one answers), and keeps one only when what failed passes and the whole stage passes. Then the act half asks the constitution, commits with trailers that say why, and pushes. Failures of the infrastructure are never repaired; a test is never weakened.",
  examples: [
    { command: "codemonkeys heal", says: "the newest failed build of this product" },
    { command: "codemonkeys heal build.log --stage test", says: "a log from elsewhere" },
    { command: "codemonkeys heal --resume", says: "what CI said of the repairs that were pushed, and the next round" },
    { command: "codemonkeys heal --dry-run", says: "the diff, the proof and each gate's answer; nothing is committed" },
  ],
  params: z.object({
    log: z.string().optional().describe("the failed build's log; the newest failed build's without it"),
    stage: z.string().optional().describe("the stage that failed, by its name in the plan"),
    build: z.string().optional().describe("a build of the local runner"),
    build_url: z
      .string()
      .optional()
      .describe("a Jenkins build whose log is read from the controller; in a build of Jenkins its own without it"),
    commit: z.string().optional().describe("the commit that was built; the checked-out one without it"),
    branch: z.string().optional().describe("the branch that was built; the checked-out one without it"),
    model: z.string().optional().describe("a model's name, instead of the configured one"),
    resume: z
      .boolean()
      .default(false)
      .describe("go on with heals that wait for CI: finish those whose build passed, repair those whose build failed"),
    html: z
      .string()
      .optional()
      .describe(
        "write the page of this heal to this file; without it into the state folder, in Jenkins to the build's artefacts",
      ),
    fresh: z
      .boolean()
      .default(false)
      .describe("begin anew where an earlier heal of the same failure did not finish, or was undone"),
  }),
  positional: ["log"],
  result: healReportSchema,
  credentials: [
    {
      variable: "GITHUB_TOKEN",
      credentialsId: "codemonkeys-github",
      kind: "string",
      summary: "pushes the repair, where the remote wants a token",
      half: "act",
      optional: true,
    },
    CONTROLLER_CREDENTIAL,
  ],
  tools: ["git"],
  actions: ["git.commit", "git.push", "pr.open", "model.ask", "secret.read"],
  halves: true,
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, params): Promise<Outcome<StepReport<HealReport>>> {
    const plan = await planOfProduct(session);
    if (!plan.ok) return plan;
    // Nothing is started in it: it is only asked.
    const ci = params.resume ? await openCi(session, async () => succeed(undefined)) : succeed(undefined);
    if (!ci.ok) return ci;
    const resumed = ci.value ? await resumeHeals(session, branchCi(ci.value)) : succeed(undefined);
    if (!resumed.ok) return resumed;
    if (resumed.value && !resumed.value.red) return await stillOf(session, resumed.value.report, params.html);
    const red = resumed.value?.red;
    const find = () =>
      red && ci.value
        ? failureOfCi(session, plan.value, { ...red, backend: ci.value.backend }, params.stage)
        : findFailure(session, plan.value, params);
    const found = session.half?.does === "act" ? await handedOver(session) : await find();
    if (!found.ok) return found;
    const healed = await healBuild(session, {
      plan: plan.value,
      log: found.value.log,
      stage: found.value.stage,
      commit: params.commit ?? found.value.commit,
      branch: params.branch ?? found.value.branch,
      model: params.model,
      fresh: params.fresh,
    });
    if (!healed.ok) return healed;
    const page = await writeHealPage(session, { report: healed.value, log: found.value.log, html: params.html });
    if (!page.ok) return page;
    return succeed(withPage(reportOf(healed.value, session.product?.path ?? session.cwd), page.value), healed.warnings);
  },
});

/** How a heal stands whose build was asked for: what CI said comes first. Its page is made of what the run has kept. */
async function stillOf(
  session: Session,
  report: HealReport,
  html: string | undefined,
): Promise<Outcome<StepReport<HealReport>>> {
  const told = reportOf(report, session.product?.path ?? session.cwd);
  const still = {
    ...told,
    summary: `${report.reason}\n${told.summary}`,
    display: [report.reason, ...(told.display ?? [])],
  };
  const evidence = report.evidence === undefined ? undefined : await readEvidence(session.artifacts, report.evidence);
  // What was kept may have been pruned since: what CI said is told all the same.
  if (!evidence?.ok) return succeed(still, evidence?.diagnostics.map(asWarning) ?? []);
  const log = await session.artifacts.path(evidence.value.logs.failed);
  if (!log.ok) return succeed(still, log.diagnostics.map(asWarning));
  const page = await writeHealPage(session, { report, log: log.value, html });
  return page.ok ? succeed(withPage(still, page.value)) : page;
}

function asWarning(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: "warning" };
}

/** The step's answer: an unhealed failure is a failed step of kind product, a refused one of kind policy. */
function reportOf(report: HealReport, root: string): StepReport<HealReport> {
  const [fix] = report.fixes;
  const lines: string[] = [];
  const short = (commit: string) => commit.slice(0, 7);
  switch (report.verdict) {
    case "fixed":
    case "proposed": {
      const source = fix ? sourceWords(fix) : "a repair";
      const where = report.fix_commit ? ` as ${short(report.fix_commit)} on ${report.branch}` : "";
      const done = report.dry_run ? "would be healed" : report.verdict === "fixed" ? "healed" : "repair proposed";
      lines.push(
        `${done} by ${source}${where}: ${report.files.join(", ")}, ${report.lines} ${report.lines === 1 ? "line" : "lines"}`,
      );
      break;
    }
    default:
      lines.push(`${report.verdict.replace("_", " ")}: ${report.reason}`);
  }
  if (report.failure) {
    const { message, file, line } = report.failure;
    const place = file === undefined ? "" : ` (${file}${line === undefined ? "" : `:${line}`})`;
    lines.push(withoutRoot(`cause: ${message}${place}`, root));
  }
  if (report.failure?.seen && report.failure.seen.times > 1) {
    const { times, products, fixed } = report.failure.seen;
    lines.push(
      `seen ${times} times in ${products} ${products === 1 ? "product" : "products"}, fixed ${fixed} ${fixed === 1 ? "time" : "times"} before`,
    );
  }
  const tried = report.tried.filter(({ dropped }) => dropped !== undefined);
  for (const { kind, name, dropped } of tried) lines.push(`tried ${kind} ${name}: ${dropped}`);
  const display = [...lines, ...(report.dry_run && report.diff ? ["", ...report.diff.split("\n")] : [])];
  const verdict = {
    fixed: "success",
    proposed: "success",
    not_fixed: "failure",
    flaky: "unstable",
    infrastructure: "failure",
    refused: "failure",
  } as const;
  const kind = {
    fixed: undefined,
    proposed: undefined,
    not_fixed: "product",
    flaky: "product",
    infrastructure: "infrastructure",
    refused: "policy",
  } as const;
  const why = kind[report.verdict];
  return {
    verdict: report.approval || report.handover ? "waiting" : verdict[report.verdict],
    ...(why ? { kind: why } : {}),
    ...(report.run ? { run: report.run } : {}),
    ...(report.approval ? { approval: report.approval } : {}),
    ...(report.handover ? { handover: report.handover } : {}),
    ...(report.pull_request ? { links: [{ title: "pull request", url: report.pull_request }] } : {}),
    data: report,
    // Words of logs and models: shown as they are, they form no markup on a page.
    summary: lines.map((line) => markdownLine(line)).join("\n"),
    display,
  };
}

function sourceWords(fix: HealReport["fixes"][number]): string {
  if (fix.kind === "template") {
    const from = fix.learned_in ? ` learned in ${fix.learned_in}` : "";
    return `template ${fix.name}${from} (trust ${fix.trust.toFixed(2)})`;
  }
  if (fix.kind === "search") return `search (${fix.summary})`;
  return fix.kind === "builtin" ? `the built-in fixer ${fix.name}` : `model ${fix.name}`;
}
