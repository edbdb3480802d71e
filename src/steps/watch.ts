import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { BuildRef } from "../core/ci-backend.ts";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { openCi, type ProductCi } from "../org/ci.ts";
import { openSession } from "../org/open.ts";
import { productsOfEvent, verifySignature } from "../pillars/watch/event.ts";
import { type Watching, watchProduct } from "../pillars/watch/pass.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import type { Build } from "../swarm/builds.ts";
import { noteCiBuild } from "../swarm/ci-builds.ts";
import type { Trigger } from "../swarm/triggers.ts";
import { buildHere } from "./build.ts";
import { CONTROLLER_CREDENTIAL } from "./controller-credential.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { docsStep } from "./docs.ts";
import { healStep } from "./heal.ts";
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
      advanced: z.array(z.string()).describe("runs that waited for this build and may go on"),
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
    "One pass: for each product the newest commit of its main branch and the newest finished build of it. A failed build is healed, a commit that only the local runner can build is built, and a green one gets the docs and the release that its own pipeline did not do; each as the constitution allows, and each once, however often and wherever passes run. Runs that wait for the build may go on. With `--event` it looks only at the products that a signed webhook is about.",
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
  actions: [
    "ci.trigger",
    "git.commit",
    "git.push",
    "pr.open",
    "release.tag",
    "forge.release",
    "package.publish",
    "announce.post",
    "secret.read",
    "model.ask",
  ],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, { company, event, signature }): Promise<Outcome<StepReport<WatchResult>>> {
    const fleet = session.organisation.fleet.value;
    const asked =
      event === undefined ? succeed(Object.keys(fleet.products)) : await readEvent(session, event, signature);
    if (!asked.ok) return asked;
    const names = asked.value
      .filter((name) => company === undefined || fleet.products[name]?.company === company)
      .sort();
    const products: Watching[] = [];
    const problems: Diagnostic[] = [];
    for (const name of names) {
      if (session.signal.aborted) break;
      const seen = await watchOne(session, name, event === undefined ? "ci" : "webhook");
      if (seen.ok) products.push(seen.value);
      // One product that cannot be read does not hold up the others.
      else problems.push(...seen.diagnostics.map((one) => ({ ...one, message: `${name}: ${one.message}` })));
    }
    return succeed(reportOf(products, problems));
  },
});

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

async function watchOne(session: Session, name: string, source: Trigger["source"]): Promise<Outcome<Watching>> {
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
  });
  if (!opened.ok) return opened;
  const product = opened.value.session as Session;
  try {
    const building: Promise<Outcome<unknown>>[] = [];
    const ci = await openCi(product, (build: Build) => {
      const built = buildHere(product, build);
      building.push(built);
      return built;
    });
    if (!ci.ok) return ci;
    const start = (trigger: Trigger) => startWork(product, ci.value, trigger);
    const seen = await watchProduct({ session: product, backend: ci.value.backend, job: ci.value.job, start }, source);
    await Promise.all(building);
    return seen;
  } finally {
    await opened.value.close();
  }
}

/** Starts a trigger's work: in Jenkins by the system jobs, elsewhere in this process, as the commands do it. */
async function startWork(session: Session, ci: ProductCi, trigger: Trigger): Promise<Outcome<BuildRef | undefined>> {
  const { config, name, company } = productOf(session);
  const { branch = "", commit = "", stage, build } = trigger.parameters;
  const cause = `watch: ${trigger.reason} (${trigger.id})`;
  const inCi = async (job: string, parameters: Readonly<Record<string, string>>): Promise<Outcome<BuildRef>> => {
    const ref = await ci.backend.trigger(job, parameters, cause);
    if (!ref.ok) return ref;
    const noted = await noteCiBuild(session.swarm, { ref: ref.value, company, product: name, cause });
    return noted.ok ? ref : noted;
  };
  const repository = session.organisation.fleet.value.products[name]?.repo ?? "";
  const common = { PRODUCT: name, REPOSITORY: repository, BRANCH: branch };
  const jenkins = ci.backend.name === "jenkins";
  switch (trigger.kind) {
    case "build":
      return await inCi(ci.job(branch), {});
    case "heal":
      if (jenkins) return await inCi(config.get("ci.heal_job"), { ...common, COMMIT: commit, STAGE: stage ?? "" });
      return nothing(await healHere(session, ci, { branch, commit, stage, build: build ?? "" }));
    case "release":
      if (jenkins) return await inCi(config.get("ci.ship_job"), { ...common, DRY_RUN: "false" });
      return nothing(await runRelease(session, NO_RELEASE_OPTIONS));
    case "docs":
      return nothing(await docsStep.run(session, {}));
  }
}

/** A local build's log is kept already; another system's is read from it. */
async function healHere(
  session: Session,
  ci: ProductCi,
  of: { readonly branch: string; readonly commit: string; readonly stage: string | undefined; readonly build: string },
): Promise<Outcome<StepReport<unknown>>> {
  const { branch, commit, stage, build } = of;
  if (ci.backend.name === "local") return await healStep.run(session, { build, resume: false, fresh: false });
  const ref = { backend: ci.backend.name, job: ci.job(branch), id: build };
  const read = await ci.backend.log(ref, 0);
  if (!read.ok) return read;
  const kept = await session.artifacts.put(Buffer.from(session.redactor.redact(read.value.text)));
  const log = kept.ok ? await session.artifacts.path(kept.value.digest) : kept;
  if (!log.ok) return log;
  return await healStep.run(session, {
    log: log.value,
    commit,
    branch,
    ...(stage ? { stage } : {}),
    resume: false,
    fresh: false,
  });
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

function reportOf(products: readonly Watching[], problems: readonly Diagnostic[]): StepReport<WatchResult> {
  const lines = products.flatMap(({ product, commit, build, triggers, advanced, skipped }) => {
    const stand = skipped ?? (build ? `build ${build.id} ${build.state}` : "no finished build");
    return [
      `${product}${commit ? ` at ${commit.slice(0, 7)}` : ""}: ${stand}`,
      ...triggers.map(
        ({ kind, reason, state, detail }) => `  ${MARK[state]} ${kind}: ${reason}${detail ? ` → ${detail}` : ""}`,
      ),
      ...advanced.map((run) => `  ✔ ${run} may go on`),
    ];
  });
  const started = products.flatMap(({ triggers }) => triggers).length;
  const summary = `${products.length} ${products.length === 1 ? "product" : "products"} looked at, ${started} ${started === 1 ? "trigger" : "triggers"}`;
  return {
    // Products that could not be looked at are told and do not fail the pass: it comes again.
    ...(problems.length > 0 ? { verdict: "unstable" as const, kind: problems[0]?.kind ?? "infrastructure" } : {}),
    diagnostics: problems,
    data: {
      products: products.map((one) => ({ ...one, triggers: [...one.triggers], advanced: [...one.advanced] })),
    },
    summary: [summary, ...lines].join("\n"),
    display: lines.length > 0 ? lines : ["the fleet has no products"],
  };
}
