import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns, type RunRecord, readRun } from "../../swarm/journal.ts";
import type { Git } from "../../tools/git/git.ts";
import { findReleaseCommit } from "./land.ts";
import { planSchema, type ReleasePlan } from "./report.ts";

/** An unfinished release that this command goes on with. */
export interface Unfinished {
  readonly run: RunRecord;
  /** Undefined when it died before its plan was written down. */
  readonly plan: ReleasePlan | undefined;
  /** Nothing of it has left this machine: it may be given up for a newer plan. */
  readonly untouched: boolean;
}

/** The release to go on with: the named run, or the product's newest unfinished one. */
export async function findUnfinished(
  session: Session,
  git: Git,
  wanted: string | undefined,
): Promise<Outcome<Unfinished | undefined>> {
  const product = productOf(session);
  let id = wanted;
  if (id === undefined) {
    const newest = await newestUnfinished(session);
    if (!newest.ok) return newest;
    id = newest.value;
    if (id === undefined) return succeed(undefined);
  }
  const read = await readRun(session.swarm, id);
  if (!read.ok) {
    const unknown = read.diagnostics.every(({ code }) => code === "journal.unknown_run");
    return unknown ? await noSuchRelease(session, read.diagnostics) : read;
  }
  const { run, steps } = read.value;
  if (run.kind !== "release" || run.product !== product.name || run.company !== product.company) {
    return fail(
      problem("config", "release.other_run", `${run.id} is no release of ${product.name}`, {
        next: "codemonkeys status lists the runs; without --resume the newest unfinished release goes on",
      }),
    );
  }
  if (run.status !== "running" && run.status !== "waiting") {
    return fail(
      problem("config", "release.run_ended", `${run.id} (${run.title}) is ${run.status}; there is nothing to resume`, {
        next: "codemonkeys release plan shows what a new release would be",
      }),
    );
  }
  const planned = steps.find(({ name, state }) => name === "plan" && state === "done");
  const plan = planned ? planSchema.parse(planned.value) : undefined;
  const done = new Set(steps.filter(({ state }) => state === "done").map(({ name }) => name));
  // A commit that was made but not noted is found by its trailer.
  const commit = plan ? await findReleaseCommit(git, plan, run.id) : succeed(undefined);
  if (!commit.ok) return commit;
  const started = steps.some(({ name, kind }) => (kind === "effect" || kind === "delivery") && name !== "commit");
  return succeed({ run, plan, untouched: !started && !done.has("commit") && commit.value === undefined });
}

async function newestUnfinished(session: Session): Promise<Outcome<string | undefined>> {
  const { company, name } = productOf(session);
  const filter = { company, product: name, kind: "release", status: ["running", "waiting"], limit: 1 } as const;
  const open = await listRuns(session.swarm, filter);
  return open.ok ? succeed(open.value[0]?.id) : open;
}

/** Whoever mistyped an id is told which one there is. */
async function noSuchRelease(session: Session, unknown: readonly Diagnostic[]): Promise<Outcome<never>> {
  const open = await newestUnfinished(session);
  if (!open.ok) return open;
  const { name } = productOf(session);
  const next =
    open.value === undefined
      ? `no release of ${name} is unfinished; codemonkeys release begins one`
      : `the unfinished release of ${name} is ${open.value}: codemonkeys release --resume ${open.value}`;
  return fail(...unknown.map((one) => ({ ...one, next })));
}
