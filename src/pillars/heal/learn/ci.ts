import { isProtectedBranch } from "../../../constitution/protect.ts";
import type { BuildRef, BuildStatus } from "../../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../../core/diagnostic.ts";
import { productOf, type Session } from "../../../pipeline/session.ts";
import { listRuns, openRun } from "../../../swarm/journal.ts";
import { listTriggers, type Trigger } from "../../../swarm/triggers.ts";
import type { Git, RemoteCredentials } from "../../../tools/git/git.ts";
import { REMOTE } from "../branch-state.ts";
import { learnBetween } from "./people.ts";

/** A green build of the main branch in a CI system, and the way to the log file of any of its builds. */
export interface GreenInCi {
  readonly branch: string;
  readonly commit: string;
  readonly build: BuildStatus;
  readonly logOf: (ref: BuildRef) => Promise<Outcome<string>>;
  readonly credentials: RemoteCredentials | undefined;
}

/** Red builds looked through for the last one. */
const MOST_RED = 5;
/** Lessons looked through for those that were drawn before. */
const MOST_LESSONS = 200;

/**
 * Learns from people whose commits turned the main branch green in the product's CI system after a build that watching
 * had seen red. Of each red build once, whatever came of it: a journal run of kind `learn` notes that. Answers the
 * template's id; undefined where there is nothing to learn.
 */
export async function learnFromCi(session: Session, git: Git, green: GreenInCi): Promise<Outcome<string | undefined>> {
  const product = productOf(session);
  const { company, name } = product;
  const of = { company, product: name };
  if (!isProtectedBranch(session.organisation.constitution, green.branch)) return succeed(undefined);
  const seen = await listTriggers(session.swarm, { ...of, kind: "heal", limit: MOST_RED });
  if (!seen.ok) return seen;
  const red = seen.value.find(({ parameters }) => parameters.branch === green.branch);
  if (red === undefined || red.parameters.commit === green.commit) return succeed(undefined);
  const drawn = await listRuns(session.swarm, { ...of, kind: "learn", status: "succeeded", limit: MOST_LESSONS });
  if (!drawn.ok) return drawn;
  if (drawn.value.some(({ key }) => key === red.key)) return succeed(undefined);

  const run = await openRun(session.swarm, {
    ...of,
    kind: "learn",
    key: red.key,
    title: `learn from ${green.commit.slice(0, 7)}, green after build ${red.key}`,
    requester: session.requester,
    trigger: session.trigger,
  });
  if (!run.ok) return run;
  const learned = await draw(session, git, red, green);
  const ended = learned.ok
    ? await run.value.finish("succeeded", { template: learned.value ?? null })
    : await run.value.release();
  return ended.ok ? learned : ended;
}

async function draw(session: Session, git: Git, red: Trigger, green: GreenInCi): Promise<Outcome<string | undefined>> {
  const known = await git.resolve(green.commit);
  if (!known.ok) {
    const { credentials } = green;
    const fetched = await git.fetch(REMOTE, {
      refspecs: [`refs/heads/${green.branch}`],
      ...(credentials ? { credentials } : {}),
    });
    if (!fetched.ok) return fetched;
  }
  const { commit = "", stage = "test", job = "", build = "", url } = red.parameters;
  const stillRed = green.build.stages.some(({ name, state }) => name === stage && state !== "passed");
  if (stillRed) return succeed(undefined);
  const ref: BuildRef = { backend: green.build.ref.backend, job, id: build, ...(url ? { url } : {}) };
  return await learnBetween(
    session,
    git,
    { base: commit, stage, log: () => green.logOf(ref) },
    { build: green.build.ref.id, commit: green.commit },
  );
}
