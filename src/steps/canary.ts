import * as z from "zod";
import { type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { judgeNow } from "../pillars/canary/climb.ts";
import { canaryUnderWay, orderCanary } from "../pillars/canary/orders.ts";
import { type CanaryReport, canaryReportSchema, reportOf } from "../pillars/canary/report.ts";
import type { Session } from "../pipeline/session.ts";
import { type AnyStep, defineStep, type StepReport } from "./definition.ts";
import { effectLine } from "./effect-line.ts";

const environment = z.string().optional().describe("which environment's canary; not needed where there is one");
const because = z.string().min(1).max(500).describe("why; it stands in the audit log, in the status and in the result");

export const CANARY_ACTIONS = ["service.deploy", "service.withdraw", "webhook.send"] as const;
const TOOLS = ["git", "ansible-playbook"] as const;

export const canaryStatusStep = defineStep({
  name: "canary status",
  jenkinsName: "monkeysCanaryStatus",
  summary: "Show how far a canary is, and what its criteria say",
  description:
    "The rung and its share of the traffic, since when, what was seen on it of the new and the stable version, what the criteria say of it, and what people said. It changes nothing and asks nobody.",
  examples: [
    { command: "codemonkeys canary status", says: "the canary that is under way" },
    { command: "codemonkeys canary status --environment production --json", says: "as data" },
  ],
  params: z.object({ environment }),
  result: canaryReportSchema,
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, params) {
    const found = await canaryUnderWay(session, params.environment);
    if (!found.ok) return found;
    const { run, ladder, climb } = found.value;
    const judged = climb.rung > 0 ? judgeNow(ladder, climb) : undefined;
    const state = run.wait?.for === "approval" ? "asking" : climb.hold ? "held" : "climbing";
    const why = run.wait?.detail.replace(/^rung [^:]*: /, "") ?? "a process is at it, or one was stopped";
    const report = reportOf(session, ladder, { state, why, run: run.id, climb, judged });
    return succeed({
      run: run.id,
      data: report,
      summary: canaryLines(report).join("\n"),
      display: canaryLines(report),
    });
  },
});

const ORDERS = {
  promote: {
    summary: "Send a canary to its next rung although its criteria have not decided",
    description:
      "A person's word in place of the criteria's, for this rung only. The constitution is asked as always (`canary.promoted_by` is `person`); a canary whose criteria fail is taken back all the same.",
    says: "on to the next rung",
  },
  hold: {
    summary: "Keep a canary on its rung until it is resumed",
    description: "Nothing is promoted any more. Its health is looked at as before, and it is taken back when it fails.",
    says: "stay on this rung",
  },
  resume: {
    summary: "Let a canary that was held go on by its criteria",
    description: "Ends `canary hold`. The next look decides.",
    says: "by its criteria again",
  },
  abort: {
    summary: "Take a canary back: the stable version gets all traffic again",
    description:
      "The traffic is moved before the command ends, under `service.withdraw`. The version is stopped, the run ends as failed with the reason.",
    says: "back to the stable version, now",
  },
} as const;

type OrderName = keyof typeof ORDERS;

function orderStep(order: OrderName, jenkinsName: `monkeys${string}`) {
  const { summary, description, says } = ORDERS[order];
  return defineStep({
    name: `canary ${order}`,
    jenkinsName,
    summary,
    description: `${description} Who said it and why is written into the journal and the audit log.`,
    examples: [{ command: `codemonkeys canary ${order} --because "the shop is calm again"`, says }],
    params: z.object({ because, environment }),
    result: canaryReportSchema,
    credentials: [],
    tools: TOOLS,
    actions: CANARY_ACTIONS,
    retryOnAgentLoss: false,
    needs: "product",
    run: (session, params) => ordered(session, order, params),
  });
}

async function ordered(
  session: Session,
  order: OrderName,
  params: { readonly because: string; readonly environment?: string | undefined },
): Promise<Outcome<StepReport<CanaryReport>>> {
  const done = await orderCanary(session, { environment: params.environment, order, because: params.because });
  if (!done.ok) return done;
  const report = canaryStepReport(done.value);
  // To take it back was what was asked for.
  const meant = order === "abort" && done.value.state === "taken_back";
  if (!meant) return succeed(report, done.warnings);
  const { kind, ...rest } = report;
  return succeed({ ...rest, verdict: "success", diagnostics: [] }, done.warnings);
}

export const canaryPromoteStep = orderStep("promote", "monkeysCanaryPromote");
export const canaryHoldStep = orderStep("hold", "monkeysCanaryHold");
export const canaryResumeStep = orderStep("resume", "monkeysCanaryResume");
export const canaryAbortStep = orderStep("abort", "monkeysCanaryAbort");

export const CANARY_STEPS: readonly AnyStep[] = [
  canaryStatusStep,
  canaryPromoteStep,
  canaryHoldStep,
  canaryResumeStep,
  canaryAbortStep,
];

/** A canary's report as a step hands it back: waiting while it climbs, failed when it was taken back. */
export function canaryStepReport(report: CanaryReport): StepReport<CanaryReport> {
  const lines = canaryLines(report);
  const base = {
    ...(report.run ? { run: report.run } : {}),
    ...(report.handover ? { handover: report.handover } : {}),
    metrics: { canary_share: report.share, canary_rung: report.rung },
    data: report,
    summary: lines.join("\n"),
    display: lines,
  };
  switch (report.state) {
    case "climbing":
    case "held":
    case "asking":
      return { ...base, verdict: "waiting" };
    case "taken_back": {
      const message = `${report.product} ${report.version} was taken back in ${report.environment} on rung ${report.rung}: ${report.why}`;
      const next = `${report.stable} has all the traffic; mend it and release again`;
      const diagnostic = problem("product", "canary.taken_back", message, { next });
      return { ...base, verdict: "failure", kind: "product", diagnostics: [diagnostic], told: ["canary.taken_back"] };
    }
    default:
      return base;
  }
}

const MARK = { climbing: "●", held: "‖", asking: "?", taken_back: "✗", finished: "✔", planned: "◇" } as const;
const VERDICT = { pass: "✔", marginal: "●", no_data: "○", baseline_bad: "!", fail: "✗" } as const;

/** A canary as lines for a person. */
export function canaryLines(report: CanaryReport): string[] {
  const { state, rung, rungs, since, why, product, version, stable, environment, share } = report;
  const ladder = rungs.map(({ share: part }, index) => (index + 1 === rung ? `[${part} %]` : `${part} %`)).join(" → ");
  const where =
    state === "finished"
      ? `has all traffic of ${environment}`
      : state === "taken_back"
        ? `was taken back; ${stable} has all traffic of ${environment}`
        : state === "planned" && rung === 0
          ? `would climb in ${environment} beside ${stable}`
          : `has ${share} % of ${environment}, ${stable} the rest`;
  return [
    `${MARK[state]} ${product} ${version} ${where}`,
    `  ${ladder}${since && state !== "planned" ? `   rung ${rung} of ${rungs.length} since ${since.slice(0, 16).replace("T", " ")} UTC, ${report.looks} ${report.looks === 1 ? "look" : "looks"}` : ""}`,
    `  ${why}`,
    ...report.criteria
      .filter(({ says }) => !why.includes(says))
      .map(({ criterion, verdict, says, samples }) => `  ${VERDICT[verdict]} ${criterion} ${says} (${samples} seen)`),
    ...report.orders.map(({ order, by, because, rung: on }) => `  ${by} said ${order} on rung ${on}: ${because}`),
    ...report.effects.map(effectLine),
  ];
}
