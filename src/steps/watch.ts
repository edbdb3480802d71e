import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { BuildRef, BuildStatus } from "../core/ci-backend.ts";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { openCi, type ProductCi } from "../org/ci.ts";
import { openSession } from "../org/open.ts";
import { type CanaryReport, canaryReportSchema } from "../pillars/canary/report.ts";
import { advanceCanaries } from "../pillars/canary/watch.ts";
import { waitingHealOf } from "../pillars/heal/waiting-heal.ts";
import { productsOfEvent, verifySignature } from "../pillars/watch/event.ts";
import { type Watching, watchProduct } from "../pillars/watch/pass.ts";
import { planOfProduct } from "../pipeline/product-plan.ts";
import { checkoutOf } from "../pipeline/seed.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import type { Build } from "../swarm/builds.ts";
import { noteCiBuild } from "../swarm/ci-builds.ts";
import type { Trigger } from "../swarm/triggers.ts";
import { buildHere } from "./build.ts";
import { CANARY_ACTIONS, canaryLines } from "./canary.ts";
import { failureOfCi, logOfCi } from "./ci-failure.ts";
import { CONTROLLER_CREDENTIAL } from "./controller-credential.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { docsStep } from "./docs.ts";
import { healStep } from "./heal.ts";
import type { Failure } from "./heal-failure.ts";
import { PIPELINE_ACTIONS } from "./pipeline-actions.ts";
import { NO_RELEASE_OPTIONS, RELEASE_CREDENTIALS, runRelease } from "./release.ts";

const SECRET = "CODEMONKEYS_WEBHOOK_SECRET";

const resultSchema = z.object({
  products: z.array(
    z.object({
      product: z.string(),
      commit: z.string().optional().describe("the main branch's at the remote"),
      build: z
        .object({ id: z.string(), state: z.string() })
        .optional()
        .describe("the newest finished one of that commit"),
      triggers: z.array(
        z.object({
          kind: z.enum(["build", "heal", "docs", "release"]),
          reason: z.string(),
          state: z.string().describe("started, refused, failed, pending (the next pass tries again) or planned"),
          detail: z.string().optional(),
        }),
      ),
      advanced: z
        .array(
          z.object({
            run: z.string(),
            now: z
              .enum(["healed", "red", "stopped"])
              .describe("finished; to go on with its next round; stopped, since somebody pushed in between"),
            commit: z.string().describe("what it had pushed"),
          }),
        )
        .describe("heals that waited for CI and were told of their build"),
      canaries: z.array(canaryReportSchema).describe("canaries that were under way, as this pass left them"),
      held: z.string().optional().describe("the waiting heal because of which the red build starts no other"),
      learned: z.string().optional().describe("the template that people's repair taught: CI is green again"),
      skipped: z.string().optional(),
    }),
  ),
});
type WatchResult = z.infer<typeof resultSchema>;

export const watchStep = defineStep({
  name: "watch",
  jenkinsName: "monkeysWatch",
  summary: "Look once at CI and git of every product, and start what is due",
  description:
    "One pass: for each product the newest commit of its main branch and the newest finished build of it. A failed build is healed, a commit that only the local runner can build is built, and a green one gets the docs and the release that its own pipeline did not do; each as the constitution allows, and each once, however often and wherever passes run. Heals that wait for CI go on: a green build finishes them, a red one is their next round, and a push in between stops them. Canaries that are under way go on: their health is looked at, and they climb, stay or are taken back. With `--event` it looks only at the products that a signed webhook is about.",
  examples: [
    { command: "codemonkeys watch --dry-run", says: "what a pass would start" },
    { command: "codemonkeys watch", says: "one pass; by cron or jenkinsfiles/watch.Jenkinsfile" },
    {
      command: 'codemonkeys watch --event - --signature "$X_HUB_SIGNATURE_256" < body.json',
      says: "what a webhook tells of",
    },
  ],
  params: z.object({
    company: z.string().optional().describe("only products of this company"),
    event: z.string().optional().describe("a webhook's body, as a file, or - for standard input"),
    signature: z.string().optional().describe(`the event's X-Hub-Signature-256 header; its secret is in ${SECRET}`),
  }),
  result: resultSchema,
  credentials: [
    ...RELEASE_CREDENTIALS.filter(({ variable }) => variable !== CONTROLLER_CREDENTIAL.variable),
    CONTROLLER_CREDENTIAL,
    {
      variable: SECRET,
      credentialsId: "codemonkeys-webhook-secret",
      kind: "string",
      summary: "what webhooks are signed with",
      half: "act",
      optional: true,
    },
  ],
  tools: ["git"],
  actions: ["ci.trigger", ...PIPELINE_ACTIONS, ...CANARY_ACTIONS],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, { company, event, signature }): Promise<Outcome<StepReport<WatchResult>>> {
    if (session.half?.does === "work" && !session.dryRun) return fail(actsOnly());
    const fleet = session.organisation.fleet.value;
    const asked =
      event === undefined ? succeed(Object.keys(fleet.products)) : await readEvent(session, event, signature);
    if (!asked.ok) return asked;
    const names = asked.value
      .filter((name) => company === undefined || fleet.products[name]?.company === company)
      .sort();
    const products: Watched[] = [];
    const problems: Diagnostic[] = [];
    const warnings: Diagnostic[] = [];
    for (const name of names) {
      if (session.signal.aborted) break;
      const seen = await watchOne(session, name, event === undefined ? "ci" : "webhook");
      if (seen.ok) {
        products.push(seen.value);
        warnings.push(...seen.warnings.map((one) => ({ ...one, message: `${name}: ${one.message}` })));
      }
      // One product that cannot be read does not hold up the others.
      else problems.push(...seen.diagnostics.map((one) => ({ ...one, message: `${name}: ${one.message}` })));
    }
    return succeed(reportOf(products, problems, session.dryRun), warnings);
  },
});

/** A pass starts jobs and moves canaries: where the halves are apart it is the act half's. */
function actsOnly(): Diagnostic {
  return problem("policy", "watch.act_half", "a pass acts, and this is the work half (zones: two)", {
    next: "codemonkeys watch --half act, on a machine of the act half; in Jenkins the job watch of the folder _act",
  });
}

async function readEvent(session: Session, event: string, signature: string | undefined): Promise<Outcome<string[]>> {
  const secret = session.environment[SECRET];
  if (!secret) {
    return fail(
      problem("secret", "watch.no_webhook_secret", `an event cannot be verified: ${SECRET} is not set`, {
        next: `bind the secret that the sender signs with to ${SECRET}`,
      }),
    );
  }
  session.redactor.add(secret);
  let body: string;
  try {
    body = event === "-" ? await text(process.stdin) : await readFile(resolve(session.cwd, event), "utf8");
  } catch (error) {
    return fail(problem("config", "watch.no_event", `the event cannot be read: ${messageOf(error)}`));
  }
  const verified = verifySignature(body, signature, secret);
  return verified.ok ? productsOfEvent(body, session.organisation.fleet.value) : verified;
}

type Watched = Watching & { readonly canaries: readonly CanaryReport[] };

async function watchOne(session: Session, name: string, source: Trigger["source"]): Promise<Outcome<Watched>> {
  const opened = await openSession({
    needs: "product",
    cwd: session.homes.state,
    environment: session.environment,
    product: name,
    dryRun: session.dryRun && session.observing === undefined,
    observe: session.observing !== undefined,
    emit: session.emit,
    redactor: session.redactor,
    clock: session.clock,
    signal: session.signal,
    actions: watchStep.actions,
    ...(session.half ? { half: { half: session.half.does } } : {}),
  });
  if (!opened.ok) return opened;
  const product = opened.value.session as Session;
  try {
    // Before anything that a CI system or a remote could hold up: what is bad has to lose its traffic.
    const canaries = await advanceCanaries(product);
    if (!canaries.ok) return canaries;
    const building: Promise<Outcome<unknown>>[] = [];
    const ci = await openCi(product, (build: Build) => {
      const built = buildHere(product, build);
      building.push(built);
      return built;
    });
    if (!ci.ok) return ci;
    // A local build is done by this process: its trigger is started once that has come to an end.
    const start = async (trigger: Trigger) => {
      const begun = await startWork(product, ci.value, trigger);
      await Promise.all(building);
      return begun;
    };
    const started = (trigger: Trigger) => startedBefore(product, ci.value, trigger);
    const healOf = (build: BuildStatus, commit: string) =>
      waitingHealOf(product, commit, () => failureHere(product, ci.value, { build, commit, branch: "" }));
    const { backend, job } = ci.value;
    const logOf = (ref: BuildRef) => logOfCi(product, backend, ref);
    const seen = await watchProduct({ session: product, backend, job, start, started, logOf, healOf }, source);
    if (!seen.ok) return seen;
    return succeed({ ...seen.value, canaries: canaries.value }, [...canaries.warnings, ...seen.warnings]);
  } finally {
    await opened.value.close();
  }
}

/** The job in CI that does a trigger's work, with its parameters; undefined where this process does it. */
function jobOf(
  session: Session,
  ci: ProductCi,
  { kind, parameters }: Trigger,
): { readonly job: string; readonly parameters: Readonly<Record<string, string>> } | undefined {
  const { company, config, name } = productOf(session);
  const filled = (job: string) => job.replaceAll("{company}", company).replaceAll("{product}", name);
  const { branch = "", commit = "", stage = "", url = "" } = parameters;
  if (kind === "build") return { job: ci.job(branch), parameters: {} };
  if (ci.backend.name !== "jenkins" || kind === "docs") return undefined;
  const fleet = session.organisation.fleet.value;
  const repository = fleet.products[name]?.repo ?? "";
  const credentials = checkoutOf(fleet, { company, repo: repository });
  const common = {
    PRODUCT: name,
    REPOSITORY: repository,
    BRANCH: branch,
    ...(credentials ? { GIT_CREDENTIALS: credentials } : {}),
  };
  return kind === "heal"
    ? {
        job: filled(config.get("ci.heal_job")),
        parameters: { ...common, COMMIT: commit, STAGE: stage, FAILED_BUILD: url },
      }
    : { job: filled(config.get("ci.ship_job")), parameters: { ...common, DRY_RUN: "false" } };
}

const causeOf = ({ id, reason }: Trigger) => `watch: ${reason} (${id})`;

/** The build that an earlier pass started for the trigger. Work of this program's own is a run that goes on by itself. */
async function startedBefore(
  session: Session,
  ci: ProductCi,
  trigger: Trigger,
): Promise<Outcome<BuildRef | undefined>> {
  const at = jobOf(session, ci, trigger);
  if (!at || !ci.backend.started) return succeed(undefined);
  const cause = causeOf(trigger);
  const found = await ci.backend.started(at.job, at.parameters, cause, trigger.createdAt);
  return found.ok && found.value ? await noted(session, found.value, cause) : found;
}

async function noted(session: Session, ref: BuildRef, cause: string): Promise<Outcome<BuildRef>> {
  const { company, name } = productOf(session);
  const note = await noteCiBuild(session.swarm, { ref, company, product: name, cause });
  return note.ok ? succeed(ref) : note;
}

/** Starts a trigger's work: in Jenkins by the system jobs, elsewhere in this process, as the commands do it. */
async function startWork(session: Session, ci: ProductCi, trigger: Trigger): Promise<Outcome<BuildRef | undefined>> {
  const at = jobOf(session, ci, trigger);
  // The local runner builds in this process.
  if (session.half?.does === "act" && (!at || ci.backend.name === "local")) return fail(noWorkHere(trigger));
  if (at) {
    const cause = causeOf(trigger);
    const ref = await ci.backend.trigger(at.job, at.parameters, cause);
    return ref.ok ? await noted(session, ref.value, cause) : ref;
  }
  switch (trigger.kind) {
    case "heal":
      return nothing(await healHere(session, ci, trigger.parameters));
    case "release":
      return nothing(await runRelease(session, NO_RELEASE_OPTIONS));
    default:
      return nothing(await docsStep.run(session, {}));
  }
}

/** Work that would be done by this process, where no product code runs. */
function noWorkHere({ kind }: Trigger): Diagnostic {
  return problem("policy", "watch.no_work_here", `${kind} runs product code, and this is the act half (zones: two)`, {
    next: `let the product's own pipeline do it; heals and releases are started as jobs where ci.backend is jenkins`,
  });
}

async function healHere(
  session: Session,
  ci: ProductCi,
  { branch = "", commit = "", stage, build = "", job = "" }: Trigger["parameters"],
): Promise<Outcome<StepReport<unknown>>> {
  const stages = stage === undefined ? [] : [{ name: stage, state: "failed" as const }];
  const ref = { backend: ci.backend.name, job, id: build };
  const found = await failureHere(session, ci, { build: { ref, stages }, commit, branch });
  if (!found.ok) return found;
  const { log, stage: failed } = found.value;
  return await healStep.run(session, { log, stage: failed, commit, branch, resume: false, fresh: false });
}

async function failureHere(
  session: Session,
  { backend }: ProductCi,
  of: {
    readonly build: Pick<BuildStatus, "ref" | "stages">;
    readonly commit: string;
    readonly branch: string;
  },
): Promise<Outcome<Failure>> {
  const plan = await planOfProduct(session);
  return plan.ok ? await failureOfCi(session, plan.value, { ...of, backend }, undefined) : plan;
}

/** Work that was done here: its failure is the trigger's, its waiting is not. */
function nothing(done: Outcome<StepReport<unknown>>): Outcome<undefined> {
  if (!done.ok) return done;
  if (done.value.verdict !== "failure") return succeed(undefined, done.warnings);
  const [said = "it failed"] = done.value.summary.split("\n");
  return fail(
    problem(done.value.kind ?? "product", "watch.work_failed", said, { next: "codemonkeys status says more" }),
  );
}

const MARK = { started: "✔", planned: "◇", pending: "●", refused: "✗", failed: "✗" } as const;

const TOLD = {
  healed: (commit: string) => `${commit} is green, the heal is finished`,
  red: (commit: string) => `${commit} is red, the heal goes on`,
  stopped: (commit: string) => `somebody pushed after ${commit} and CI is red, the heal is stopped`,
} as const;

function reportOf(
  products: readonly Watched[],
  problems: readonly Diagnostic[],
  dryRun: boolean,
): StepReport<WatchResult> {
  const lines = products.flatMap(({ product, commit, build, triggers, advanced, canaries, held, learned, skipped }) => {
    const stand = skipped ?? (build ? `build ${build.id} ${build.state}` : "no finished build");
    return [
      `${product}${commit ? ` at ${commit.slice(0, 7)}` : ""}: ${stand}`,
      ...triggers.map(
        ({ kind, reason, state, detail }) => `  ${MARK[state]} ${kind}: ${reason}${detail ? ` → ${detail}` : ""}`,
      ),
      ...advanced.map(({ run, now, commit: of }) => `  ${dryRun ? "◇" : "✔"} ${run}: ${TOLD[now](of.slice(0, 7))}`),
      ...(learned ? [`  ✔ learned ${learned} from ${commit?.slice(0, 7) ?? "it"}, which is green again`] : []),
      ...canaries.flatMap((one) => canaryLines(one).map((line) => `  ${line}`)),
      ...(held ? [`  ↷ heal: ${held} waits for the same failure`] : []),
    ];
  });
  const started = products.flatMap(({ triggers }) => triggers).length;
  const summary = `${products.length} ${products.length === 1 ? "product" : "products"} looked at, ${started} ${started === 1 ? "trigger" : "triggers"}`;
  return {
    // Products that could not be looked at are told and do not fail the pass: it comes again.
    ...(problems.length > 0 ? { verdict: "unstable" as const, kind: problems[0]?.kind ?? "infrastructure" } : {}),
    diagnostics: problems,
    data: {
      products: products.map((one) => ({
        ...one,
        triggers: [...one.triggers],
        advanced: [...one.advanced],
        canaries: [...one.canaries],
      })),
    },
    summary: [summary, ...lines].join("\n"),
    display: lines.length > 0 ? lines : ["the fleet has no products"],
  };
}
