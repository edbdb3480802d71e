import { join } from "node:path";
import * as z from "zod";
import type { BuildState } from "../../core/ci-backend.ts";
import type { Diagnostic } from "../../core/diagnostic.ts";
import { diagnosticSchema } from "../../core/result.ts";
import type { Homes } from "../../core/state-home.ts";
import type { Build } from "../../swarm/builds.ts";
import type { CommandStage, PlanStage, PlanWhen, StepStage } from "../plan.ts";
import type { LineCoverage } from "./coverage.ts";

/**
 * What the local runner keeps of a build: one row, and in it one record for each command and step of the plan, in the
 * plan's order. Records are written by several processes (one for each stage when Jenkins runs the plan), so each is
 * complete in itself.
 */

export const STAGE_STATES = ["queued", "running", "passed", "unstable", "failed", "cancelled", "skipped"] as const;
export type StageState = (typeof STAGE_STATES)[number];

const collectedSchema = z.object({
  junit: z.array(z.string()),
  coverage: z.array(z.string()),
  sarif: z.array(z.string()),
  tests: z.object({ total: z.int(), failed: z.int(), skipped: z.int() }).optional(),
  lineCoverage: z.object({ covered: z.int(), lines: z.int() }).optional(),
});

const recordSchema = z.object({
  name: z.string(),
  state: z.enum(STAGE_STATES),
  durationMs: z.number().optional(),
  kind: z.enum(["command", "step"]),
  group: z.string().optional(),
  reason: z.string().optional(),
  log: z.string().optional(),
  exitCode: z.int().optional(),
  isolated: z.boolean().optional(),
  reports: collectedSchema.optional(),
  diagnostics: z.array(diagnosticSchema).optional(),
  waiting: z.boolean().optional(),
  finishedAt: z.number().optional(),
});

/** Reports of a stage: paths relative to the product's root, and what JUnit and coverage files say in sum. */
export interface CollectedReports {
  readonly junit: readonly string[];
  readonly coverage: readonly string[];
  readonly sarif: readonly string[];
  readonly tests?: { readonly total: number; readonly failed: number; readonly skipped: number };
  readonly lineCoverage?: LineCoverage;
}

export interface StageRecord {
  readonly name: string;
  readonly state: StageState;
  readonly durationMs?: number;
  readonly kind: "command" | "step";
  /** The parallel group it stands in. */
  readonly group?: string;
  /** Why it was skipped or did not pass; one sentence. */
  readonly reason?: string;
  /** Absolute path of the kept log; commands only. */
  readonly log?: string;
  readonly exitCode?: number;
  /** Whether the command ran in namespaces of its own. */
  readonly isolated?: boolean;
  readonly reports?: CollectedReports;
  readonly diagnostics?: readonly Diagnostic[];
  /** A step that waits for an approval, CI or a registry; it goes on when the build is taken up again. */
  readonly waiting?: boolean;
  /** Milliseconds since the epoch. */
  readonly finishedAt?: number;
}

/** The records of a build row. Throws for a row that this program did not write. */
export function recordsOf(build: Pick<Build, "stages">): StageRecord[] {
  return z.array(recordSchema).parse(build.stages) as StageRecord[];
}

/** A command or a step of a plan, and everything it stands under. */
export interface Leaf {
  readonly stage: CommandStage | StepStage;
  readonly group: string | undefined;
  readonly conditions: readonly (PlanWhen | undefined)[];
}

/** Everything that can run, in the plan's order. */
export function leavesOf(stages: readonly PlanStage[]): Leaf[] {
  return stages.flatMap((stage): Leaf[] =>
    stage.kind === "parallel"
      ? stage.branches.map((branch) => ({ stage: branch, group: stage.name, conditions: [stage.when, branch.when] }))
      : [{ stage, group: undefined, conditions: [stage.when] }],
  );
}

/** Records of what has not begun; what `refused` gives a reason for is skipped from the start. */
export function queuedRecords(
  stages: readonly PlanStage[],
  refused: (leaf: Leaf) => string | undefined = () => undefined,
): StageRecord[] {
  return leavesOf(stages).map((leaf) => {
    const reason = refused(leaf);
    return {
      name: leaf.stage.name,
      kind: leaf.stage.kind,
      ...(leaf.group === undefined ? {} : { group: leaf.group }),
      ...(reason === undefined ? { state: "queued" } : { state: "skipped", reason }),
    };
  });
}

/**
 * A build's state from its stages'. The worst that happened counts; as long as something is still to come the build
 * runs. A failure decides at once: what comes after it is not run.
 */
export function stateOf(records: readonly Pick<StageRecord, "state">[]): BuildState {
  const has = (state: StageState) => records.some((one) => one.state === state);
  if (has("failed")) return "failed";
  if (has("cancelled")) return "cancelled";
  if (has("running")) return "running";
  if (has("queued")) return records.every((one) => one.state === "queued") ? "queued" : "running";
  return has("unstable") ? "unstable" : "passed";
}

/**
 * How the product's own commands did. Docs, release and announce come after them in the same build and ask whether the
 * commit is green: for them a build has passed when its commands have.
 */
export function checksState(records: readonly StageRecord[]): BuildState {
  const commands = records.filter((one) => one.kind === "command");
  return commands.length > 0 ? stateOf(commands) : stateOf(records);
}

/** Where a build's logs are kept. */
export function buildFolder(homes: Homes, product: string, build: string): string {
  return join(homes.state, "builds", product, build);
}

/** The log of everything, a line after the other, in the build's folder. */
export const WHOLE_LOG = "build.log";
