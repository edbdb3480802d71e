import type { Target } from "./action.ts";
import type { Outcome } from "./diagnostic.ts";
import type { Permit } from "./permit.ts";

/** A build as a CI system knows it. `id` is the backend's own and opaque to callers. */
export interface BuildRef {
  readonly backend: "local" | "jenkins" | "github-actions";
  readonly job: string;
  readonly id: string;
  readonly url?: string;
}

export type BuildState = "queued" | "running" | "passed" | "unstable" | "failed" | "cancelled";

export interface BuildStatus {
  readonly ref: BuildRef;
  readonly state: BuildState;
  readonly commit?: string;
  readonly stages: readonly {
    readonly name: string;
    readonly state: BuildState | "skipped";
    readonly durationMs?: number;
  }[];
}

/** What a build's tests came to, by its CI system's own count. */
export interface TestResults {
  readonly total: number;
  readonly failed: number;
  readonly skipped: number;
  /** The first that failed, by their full names; none where the system only counts. */
  readonly failures: readonly { readonly name: string; readonly message?: string }[];
}

/** A file, or an archive of files, that a build left with its CI system. */
export interface BuildArtifact {
  /** The system's own name of it: a path with `/` in Jenkins, a title in GitHub Actions. */
  readonly name: string;
  readonly bytes?: number;
}

/** Where a downloaded artefact goes. */
export interface DownloadTo {
  readonly folder: string;
  /** Of one artefact, unpacked; more is refused. */
  readonly mostBytes: number;
}

/** Asks the constitution: starting and stopping builds are effects. */
export type CiPermits = <A extends "ci.trigger" | "ci.cancel">(
  action: A,
  target: Target<A>,
) => Promise<Outcome<Permit<A>>>;

/** What the program needs of any CI system. All backends pass the same contract test. */
export interface CiBackend {
  readonly name: BuildRef["backend"];
  trigger(job: string, parameters: Readonly<Record<string, string>>, cause: string): Promise<Outcome<BuildRef>>;
  /**
   * The build that such a trigger started, for who was killed before it heard of it. Undefined where nothing was started
   * since (milliseconds since the epoch), or, in a system that ends with its caller, where it has not come to an end.
   */
  started?(
    job: string,
    parameters: Readonly<Record<string, string>>,
    cause: string,
    since: number,
  ): Promise<Outcome<BuildRef | undefined>>;
  status(ref: BuildRef): Promise<Outcome<BuildStatus>>;
  /** The newest finished build of a commit, if there is one. */
  latest(job: string, commit: string): Promise<Outcome<BuildStatus | undefined>>;
  /** Log bytes from `offset` on; `next` is where to go on, `more` says whether more may come. */
  log(
    ref: BuildRef,
    offset: number,
  ): Promise<Outcome<{ readonly text: string; readonly next: number; readonly more: boolean }>>;
  /** How many tests a build ran and which failed; undefined where the system has no record of tests. */
  tests(ref: BuildRef): Promise<Outcome<TestResults | undefined>>;
  artifacts(ref: BuildRef): Promise<Outcome<readonly BuildArtifact[]>>;
  /** Writes one of them below a folder, never outside of it, and answers the files' paths. */
  download(ref: BuildRef, name: string, to: DownloadTo): Promise<Outcome<readonly string[]>>;
  cancel(ref: BuildRef): Promise<Outcome<void>>;
  /** Runs what failed of a finished build once more, where the system can do that. */
  rerunFailed?(ref: BuildRef): Promise<Outcome<BuildRef>>;
}
