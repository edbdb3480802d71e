import * as z from "zod";
import { digestOf } from "../core/canonical.ts";
import type { BuildState, BuildStatus } from "../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { type Built, follows, runCiBuild } from "../org/build-run.ts";
import { openCi } from "../org/ci.ts";
import { runPlan } from "../pipeline/local/run.ts";
import { planOfProduct } from "../pipeline/product-plan.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import type { Build } from "../swarm/builds.ts";
import { CONTROLLER_CREDENTIAL } from "./controller-credential.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { startStep } from "./start-step.ts";

export const buildResultSchema = z.object({
  backend: z.string(),
  job: z.string(),
  build: z.string().optional().describe("the CI system's own name of it; absent where nothing was started"),
  url: z.string().optional(),
  state: z.string().describe("`started` when it is not followed"),
  commit: z.string().optional(),
  stages: z.array(z.object({ name: z.string(), state: z.string(), duration_ms: z.number().optional() })),
});
type BuildResult = z.infer<typeof buildResultSchema>;

export const buildStep = defineStep({
  name: "build",
  summary: "Start a build of a product in its CI system, and follow it",
  description:
    "Starts the product's job in Jenkins, GitHub Actions or here (`ci.backend`), as the constitution allows (`ci.trigger`). With `--follow` its log is shown until it ends; a call that was stopped goes on where it was, and starts no second build. On the local backend the build is done by this call itself.",
  examples: [
    { command: "codemonkeys build payments --follow", says: "start it and show its log" },
    {
      command: "codemonkeys build payments --branch next --parameter VERSION=1.5.0",
      says: "another branch, with a parameter",
    },
    { command: "codemonkeys build payments --cancel 118", says: "stop build 118" },
    { command: "codemonkeys build payments --rerun 118 --follow", says: "only what failed, where CI can do that" },
  ],
  params: z.object({
    product: z.string().optional().describe("the product; the one whose work tree this is without it"),
    branch: z.string().optional().describe("the branch to build; the main branch without it"),
    parameter: z.array(z.string()).default([]).describe("NAME=VALUE, as the job declares it"),
    follow: z.boolean().default(false).describe("show the log until the build has ended"),
    timeout_minutes: z.int().min(1).optional().describe("how long to follow; the build itself goes on after that"),
    fresh: z.boolean().default(false).describe("start another one though an earlier call was stopped while following"),
    cancel: z.string().optional().describe("stop this build instead"),
    rerun: z.string().optional().describe("run what failed of this build once more instead"),
  }),
  positional: ["product"],
  result: buildResultSchema,
  credentials: [CONTROLLER_CREDENTIAL],
  tools: ["git"],
  actions: ["ci.trigger", "ci.cancel", "secret.read", "model.ask", "git.commit", "git.push", "pr.open"],
  retryOnAgentLoss: false,
  needs: "product",
  async run(session, params): Promise<Outcome<StepReport<BuildResult>>> {
    const parameters = readParameters(params.parameter);
    if (!parameters.ok) return parameters;
    let local: Promise<Outcome<unknown>> | undefined;
    const ci = await openCi(session, (build) => {
      local = buildHere(session, build);
      return local;
    });
    if (!ci.ok) return ci;
    const { backend } = ci.value;
    const job = ci.value.job(params.branch ?? productOf(session).config.get("git.main_branch"));
    const at = (id: string) => ({ backend: backend.name, job, id });
    const timeoutMs = params.timeout_minutes === undefined ? undefined : params.timeout_minutes * 60_000;
    if (session.dryRun) return planned(session, { backend: backend.name, job, parameters: parameters.value }, params);
    if (params.cancel !== undefined) {
      const cancelled = await backend.cancel(at(params.cancel));
      if (!cancelled.ok) return cancelled;
      return reported(await backend.status(at(params.cancel)));
    }
    if (params.rerun !== undefined) {
      if (!backend.rerunFailed) return noRerun(backend.name);
      const again = await backend.rerunFailed(at(params.rerun));
      if (!again.ok) return again;
      if (!params.follow) return reported(await backend.status(again.value));
      return reported(await follows(session, ci.value, again.value, timeoutMs));
    }
    // A local build ended with the process that did it: there is none to go on following.
    const fresh = params.fresh || backend.name === "local";
    const request = { job, parameters: parameters.value, follow: params.follow, fresh, timeoutMs };
    const built = await runCiBuild(session, ci.value, request);
    // The local runner works in this process: it is not left alone half way.
    await local;
    if (!built.ok) return built;
    const { ref } = built.value;
    if (backend.name === "local" && !built.value.status) return reported(await backend.status(ref));
    const { status, run } = built.value;
    return status ? reported(succeed(status), run) : succeed(started(built.value));
  },
});

/** Carries a triggered build of the local runner out. */
export async function buildHere(session: Session, build: Build): Promise<Outcome<unknown>> {
  const plan = await planOfProduct(session);
  if (!plan.ok) return plan;
  // As `run` without --all: what acts on the world is asked for by its own command.
  const stages = plan.value.stages.filter((stage) => stage.kind !== "step" || stage.step === "docs");
  const only = { ...plan.value, stages, post: { failure: [] } };
  return await runPlan(session, only, { cause: build.cause, build: build.id, startStep: startStep(session) });
}

function readParameters(given: readonly string[]): Outcome<Record<string, string>> {
  const bad = given.find((one) => !/^[^=]+=/.test(one));
  if (bad === undefined) {
    return succeed(
      Object.fromEntries(given.map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)])),
    );
  }
  return fail(
    problem("config", "params.invalid", `${bad} is no parameter of a build: expected NAME=VALUE`, {
      next: "codemonkeys build --help",
    }),
  );
}

function noRerun(backend: string): Outcome<never> {
  return fail(
    problem("config", "ci.no_rerun", `${backend} cannot run a part of a build again`, {
      next: "start a new build: codemonkeys build PRODUCT",
    }),
  );
}

/** What would be done, and what the constitution would say to it. */
async function planned(
  session: Session,
  at: { readonly backend: string; readonly job: string; readonly parameters: Readonly<Record<string, string>> },
  { cancel, rerun }: { readonly cancel?: string | undefined; readonly rerun?: string | undefined },
): Promise<Outcome<StepReport<BuildResult>>> {
  const { backend, job, parameters } = at;
  const gate = session.gate.bound({ pillar: "watch", attempt: 1, trigger: session.trigger });
  const digest = digestOf(rerun === undefined ? parameters : { rerun_failed: rerun });
  const { answer, reason } =
    cancel === undefined
      ? await gate.preview("ci.trigger", { backend, job, parameters_digest: digest }, {})
      : await gate.preview("ci.cancel", { backend, job, build: cancel }, {});
  const what =
    cancel !== undefined
      ? `build ${cancel} would be stopped`
      : rerun !== undefined
        ? `what failed of ${rerun} would run again`
        : "a build would be started";
  const lines = [`◇ ${backend} ${job}: ${what}`, `  ${answer}: ${reason}`];
  return succeed({ data: { backend, job, state: "planned", stages: [] }, summary: lines.join("\n"), display: lines });
}

function started({ ref, run }: Built): StepReport<BuildResult> {
  const lines = [`build ${ref.id} of ${ref.job} is started${ref.url ? `: ${ref.url}` : ""}`];
  return {
    run,
    data: { ...placeOf(ref), state: "started", stages: [] },
    ...(ref.url ? { links: [{ title: `build ${ref.id}`, url: ref.url }] } : {}),
    summary: lines.join("\n"),
    display: lines,
  };
}

function placeOf(ref: Built["ref"]) {
  return { backend: ref.backend, job: ref.job, build: ref.id, ...(ref.url ? { url: ref.url } : {}) };
}

const VERDICTS = { passed: "success", unstable: "unstable", failed: "failure", cancelled: "failure" } as const;

/** How a build stands: the step fails with a build that did. */
export function reported(outcome: Outcome<BuildStatus>, run?: string): Outcome<StepReport<BuildResult>> {
  if (!outcome.ok) return outcome;
  const { ref, state, commit, stages } = outcome.value;
  const verdict = state === "queued" || state === "running" ? "success" : VERDICTS[state];
  const failed = stages.filter((one) => one.state === "failed").map(({ name }) => name);
  const where = failed.length > 0 ? ` in ${failed.join(", ")}` : "";
  const line = `build ${ref.id} of ${ref.job} ${words(state)}${where}${commit ? ` at ${commit.slice(0, 7)}` : ""}`;
  return succeed({
    verdict,
    ...(verdict === "success" ? {} : { kind: "product" as const }),
    ...(run === undefined ? {} : { run }),
    ...(ref.url ? { links: [{ title: `build ${ref.id}`, url: ref.url }] } : {}),
    data: {
      ...placeOf(ref),
      state,
      ...(commit ? { commit } : {}),
      stages: stages.map(({ name, state: of, durationMs }) => ({
        name,
        state: of,
        ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
      })),
    },
    summary: line,
    display: [line, ...(ref.url ? [ref.url] : [])],
  });
}

function words(state: BuildState): string {
  return state === "running" || state === "queued" ? `is ${state}` : state === "cancelled" ? "was cancelled" : state;
}
