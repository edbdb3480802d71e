import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { takeLadder } from "../pillars/canary/handed-over.ts";
import { canaryReportSchema } from "../pillars/canary/report.ts";
import { walkLadder } from "../pillars/canary/start.ts";
import { deploy } from "../pillars/deploy/deploy.ts";
import { type DeployResult, deployResultSchema } from "../pillars/deploy/report.ts";
import { CANARY_ACTIONS, canaryStepReport } from "./canary.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { effectLine } from "./effect-line.ts";

export const deployStep = defineStep({
  name: "deploy",
  jenkinsName: "monkeysDeploy",
  summary: "Put a released version on the servers of an environment",
  description:
    "Takes the bytes that a release kept; a program is built once from the published crate. A playbook starts the version beside the one that serves, asks how it is, and only then switches, so that a version that is not well never serves. What runs there already is found first and left alone. Where SPEC.md has a canary ladder for the environment, the version gets its traffic rung by rung: the command begins it, or goes on with it, and ends as soon as time has to pass (exit code 7); `watch` goes on with it by itself.",
  examples: [
    { command: "codemonkeys deploy --dry-run", says: "what would change on which servers, and the gate's answer" },
    { command: "codemonkeys deploy --environment staging --version 1.5.0", says: "a certain version" },
    {
      command: "codemonkeys deploy --environment production",
      says: "with a canary ladder: its next rung, when it is time",
    },
    { command: "codemonkeys deploy --environment production --rollback", says: "back to the version before" },
  ],
  params: z.object({
    environment: z.string().optional().describe("environment of SPEC.md's deploy; the only one without it"),
    version: z.string().optional().describe("a released version; the newest without it"),
    rollback: z.boolean().default(false).describe("go back to the version that ran there before"),
  }),
  result: z.union([deployResultSchema, canaryReportSchema]),
  credentials: [],
  tools: ["git", "ansible-playbook", "cargo"],
  actions: CANARY_ACTIONS,
  halves: true,
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { environment, version, rollback }) {
    // What a work half handed over says itself where it goes.
    const taken = session.half?.does === "act" && session.half.run !== undefined && !session.dryRun;
    const climbed = taken ? await takeLadder(session) : await walkLadder(session, { environment, version, rollback });
    if (!climbed.ok) return climbed;
    if (typeof climbed.value !== "string") return succeed(canaryStepReport(climbed.value), climbed.warnings);
    const done = await deploy(session, { environment, version, rollback });
    return done.ok ? succeed(reportOf(done.value), done.warnings) : done;
  },
});

function reportOf(result: DeployResult): StepReport<DeployResult> {
  const { environment, version, hosts, already, rollback } = result;
  const planned = result.effects.length > 0;
  const what = result.handover
    ? "is ready for the act half, to be put on"
    : already
      ? "runs already on"
      : planned
        ? "would be deployed to"
        : rollback
          ? "rolled back to, on"
          : "deployed to";
  const headline = `${version} ${what} ${environment} (${hosts.join(", ")})`;
  return {
    ...(result.run ? { run: result.run } : {}),
    ...(result.handover ? { verdict: "waiting", handover: result.handover } : {}),
    artifacts: [{ name: result.artifact.file, digest: result.artifact.sha256 }],
    data: result,
    summary: headline,
    display: [headline, ...result.effects.map(effectLine)],
  };
}
