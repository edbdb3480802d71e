import * as z from "zod";
import type { BuildRef } from "../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { type BuildFiles, buildFiles } from "../org/build-files.ts";
import { follows, showLog } from "../org/build-run.ts";
import { openCi, type ProductCi } from "../org/ci.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import { listBuilds } from "../swarm/builds.ts";
import { listCiBuilds } from "../swarm/ci-builds.ts";
import { buildResultSchema, reported } from "./build.ts";
import { CONTROLLER_CREDENTIAL } from "./controller-credential.ts";
import { defineStep, type StepReport } from "./definition.ts";

const resultSchema = buildResultSchema.extend({
  tests: z
    .object({
      total: z.number(),
      failed: z.number(),
      skipped: z.number(),
      failures: z.array(z.object({ name: z.string(), message: z.string().optional() })),
    })
    .optional()
    .describe("by the CI system's own count"),
  artifacts: z
    .array(z.object({ name: z.string(), bytes: z.number().optional(), paths: z.array(z.string()) }))
    .describe("what it left; paths of the copies with --artifacts"),
});

export const logsStep = defineStep({
  name: "logs",
  summary: "Show the log of a product's build in its CI system",
  description:
    "Reads the log from Jenkins, GitHub Actions or the local runner (`ci.backend`). Without a build it is the newest that this program started there. With `--follow` it goes on until the build has ended, from where an earlier call was stopped. At the end stands what its tests came to, where CI counts them, and what files it left; `--artifacts` copies these here.",
  examples: [
    { command: "codemonkeys logs payments", says: "the newest build's log" },
    { command: "codemonkeys logs payments 118 --branch next", says: "build 118 of another branch's job" },
    { command: "codemonkeys logs payments 118 --artifacts", says: "and the files that it left" },
  ],
  params: z.object({
    product: z.string().optional().describe("the product; the one whose work tree this is without it"),
    build: z.string().optional().describe("the build, as its CI system names it"),
    branch: z.string().optional().describe("the branch whose job it is; the main branch without it"),
    follow: z.boolean().default(false).describe("go on until the build has ended"),
    artifacts: z.boolean().default(false).describe("copy the files that the build left into the cache, and say where"),
  }),
  positional: ["product", "build"],
  result: resultSchema,
  credentials: [CONTROLLER_CREDENTIAL],
  tools: ["git"],
  actions: ["secret.read"],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, params): Promise<Outcome<StepReport<z.infer<typeof resultSchema>>>> {
    const ci = await openCi(session, async () => succeed(undefined));
    if (!ci.ok) return ci;
    const job = ci.value.job(params.branch ?? productOf(session).config.get("git.main_branch"));
    const ref = await findBuild(session, ci.value, job, params.build);
    if (!ref.ok) return ref;
    const status = params.follow
      ? await follows(session, ci.value, ref.value, undefined)
      : await showLog(session, ci.value, ref.value);
    const report = reported(status);
    if (!report.ok) return report;
    const left = await buildFiles(session, ci.value, ref.value, { copy: params.artifacts });
    if (!left.ok) return left;
    const { tests, artifacts } = left.value;
    const display = [...(report.value.display ?? []), ...lines(left.value)];
    const data = {
      ...report.value.data,
      ...(tests ? { tests: { ...tests, failures: [...tests.failures] } } : {}),
      artifacts: artifacts.map((one) => ({ ...one, paths: [...one.paths] })),
    };
    // That the build failed is what the log is for; showing it has not failed.
    return succeed({ ...report.value, verdict: "success", data, display }, left.warnings);
  },
});

function lines({ tests, artifacts }: BuildFiles): string[] {
  const counts = tests && `${tests.total} tests, ${tests.failed} failed, ${tests.skipped} skipped`;
  const failures = tests?.failures ?? [];
  return [
    ...(counts ? [counts] : []),
    ...failures.map(({ name, message }) => `  ✗ ${name}${message ? `: ${message.split("\n")[0]}` : ""}`),
    ...artifacts.flatMap(({ name, paths }) => (paths.length > 0 ? paths : [`left ${name}`])),
  ];
}

async function findBuild(
  session: Session,
  ci: ProductCi,
  job: string,
  build: string | undefined,
): Promise<Outcome<BuildRef>> {
  const { company, name } = productOf(session);
  const backend = ci.backend.name;
  const known = await listCiBuilds(session.swarm, { company, product: name, build });
  if (!known.ok) return known;
  const found = known.value.find(({ ref }) => ref.backend === backend);
  if (found) return succeed(found.ref);
  if (build !== undefined) return succeed({ backend, job, id: build });
  if (backend === "local") {
    const builds = await listBuilds(session.swarm, { company, product: name, limit: 1 });
    if (!builds.ok) return builds;
    if (builds.value[0]) return succeed({ backend, job, id: builds.value[0].id });
  }
  return fail(
    problem("config", "ci.no_build", `no build of ${name} was started from here`, {
      next: `name one: codemonkeys logs ${name} BUILD; or start one: codemonkeys build ${name} --follow`,
    }),
  );
}
