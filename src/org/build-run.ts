import { digestOf } from "../core/canonical.ts";
import type { BuildRef, BuildStatus } from "../core/ci-backend.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { followBuild } from "../pipeline/follow.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import { listCiBuilds, noteCiBuild, noteLogOffset } from "../swarm/ci-builds.ts";
import { openRun } from "../swarm/journal.ts";
import type { ProductCi } from "./ci.ts";

export interface BuildRequest {
  readonly job: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly follow: boolean;
  /** Start another build though an earlier call was stopped while it followed one. */
  readonly fresh: boolean;
  readonly timeoutMs?: number | undefined;
}

export interface Built {
  readonly run: string;
  readonly ref: BuildRef;
  /** Absent when it was not followed. */
  readonly status?: BuildStatus;
}

/**
 * Starts a build in the product's CI system and, if asked to, follows it to its end. A run of the journal: a call that
 * was stopped while it followed is taken up by the next one, at the byte of the log where it stopped, and starts nothing.
 */
export async function runCiBuild(session: Session, ci: ProductCi, request: BuildRequest): Promise<Outcome<Built>> {
  const { company, name } = productOf(session);
  const { job, parameters, follow } = request;
  const opened = await openRun(session.swarm, {
    kind: "build",
    key: `${job} ${digestOf(parameters).slice(0, 12)}`,
    company,
    product: name,
    title: `build ${job}`,
    requester: session.requester,
    trigger: session.trigger,
    fresh: request.fresh,
  });
  if (!opened.ok) return opened;
  const run = opened.value;
  const cause = `${session.requester} (${run.id})`;
  const started = await run.deliver("trigger", async () => {
    const ref = await ci.backend.trigger(job, parameters, cause);
    if (!ref.ok) return ref;
    const noted = await noteCiBuild(session.swarm, { ref: ref.value, company, product: name, cause });
    return noted.ok ? succeed({ ...ref.value }) : noted;
  });
  if (!started.ok) {
    // Nothing runs that a later call could follow: it begins anew.
    const closed = await run.finish("failed");
    return closed.ok ? started : closed;
  }
  const ref = started.value as BuildRef;
  if (!follow) {
    const closed = await run.finish("succeeded", { job, build: ref.id });
    return closed.ok ? succeed({ run: run.id, ref }) : closed;
  }
  const status = await follows(session, ci, ref, request.timeoutMs);
  if (!status.ok) {
    await run.release();
    return status;
  }
  const ended = await run.finish(status.value.state === "passed" ? "succeeded" : "failed", {
    job,
    build: ref.id,
    state: status.value.state,
  });
  return ended.ok ? succeed({ run: run.id, ref, status: status.value }) : ended;
}

/** Shows a build's log from where it was left, and waits for its end. */
export async function follows(
  session: Session,
  ci: ProductCi,
  ref: BuildRef,
  timeoutMs: number | undefined,
): Promise<Outcome<BuildStatus>> {
  const { company, name } = productOf(session);
  const known = await listCiBuilds(session.swarm, { company, product: name, build: ref.id });
  if (!known.ok) return known;
  const offset = known.value.find((one) => one.ref.job === ref.job)?.logOffset ?? 0;
  return await followBuild(ci.backend, ref, {
    ...asked(session, ci),
    offset,
    shown: (at) => noteLogOffset(session.swarm, ref, at),
    timeoutMs,
  });
}

/** Shows a build's log from its beginning as it is now. */
export async function showLog(session: Session, ci: ProductCi, ref: BuildRef): Promise<Outcome<BuildStatus>> {
  return await followBuild(ci.backend, ref, { ...asked(session, ci), offset: 0, once: true });
}

/** Lines that a person asked to see, without secrets. */
function asked(session: Session, { pollMs }: ProductCi) {
  const line = (text: string) => session.emit({ type: "output", line: session.redactor.redact(text), asked: true });
  return { line, pollMs, signal: session.signal };
}
