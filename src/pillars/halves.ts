import type { Pillar } from "../constitution/pillars.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Handover } from "../core/result.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import type { Git } from "../tools/git/git.ts";
import { remoteCredentials } from "./remote-credentials.ts";

/** Product code and models are the work half's: the act half takes what that left, or refuses. */
export function workHalfOnly<T>(session: Session, work: () => Promise<Outcome<T>>): () => Promise<Outcome<T>> {
  if (session.half?.does !== "act") return work;
  return async () =>
    fail(
      problem(
        "policy",
        "half.not_worked",
        "the act half runs no product code, and the work half of this run is not done",
        {
          next: "run the work half first: it starts the act half with its run and digests",
        },
      ),
    );
}

/** The act half acts with exactly the bytes that were handed over: what the run recorded, no more and no less. */
export function sameDigests(session: Session, recorded: readonly string[]): Outcome<void> {
  if (session.half?.does !== "act") return succeed(undefined);
  const given = new Set(session.half.digests);
  const left = new Set(recorded);
  if (given.size === left.size && [...left].every((digest) => given.has(digest))) return succeed(undefined);
  return fail(
    problem("policy", "half.other_digests", "the run left other bytes than those that are to be acted with", {
      details: `handed over: ${[...given].join(", ") || "none"}; the run's own: ${[...left].join(", ")}`,
      next: "start the act half with the digests that the work half's result names",
    }),
  );
}

/** What the work half leaves: the act half's job takes the run, and exactly these bytes. */
export function handOver(session: Session, job: Handover["job"], run: string, digests: readonly string[]): Handover {
  const { company, config, name } = productOf(session);
  const path = config
    .get("ci.act_job")
    .replaceAll("{company}", company)
    .replaceAll("{product}", name)
    .replaceAll("{job}", job);
  return { job, path, run, digests: [...new Set(digests)] };
}

/** The act half's checkout is another one than the work half's: it may not have the commit yet. */
export async function fetchForAct(session: Session, git: Git, pillar: Pillar): Promise<Outcome<void>> {
  if (session.half?.does !== "act") return succeed(undefined);
  const url = await git.remoteUrl("origin");
  if (!url.ok) return succeed(undefined);
  const credentials = await remoteCredentials(session, git, pillar);
  if (!credentials.ok) return credentials;
  const fetched = await git.fetch("origin", credentials.value ? { credentials: credentials.value } : {});
  return fetched.ok ? succeed(undefined) : fetched;
}

/** The run that the act half takes up. */
export function runToTake(session: Session): Outcome<string> {
  if (session.half?.does === "act" && session.half.run) return succeed(session.half.run);
  return fail(
    problem("config", "half.no_run", "the act half takes up a run, and none is named", {
      next: "codemonkeys STEP --half act --take RUN --digest SHA256 …, as the work half's result says",
    }),
  );
}
