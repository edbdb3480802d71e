import * as z from "zod";
import type { Constitution } from "../constitution/constitution.ts";
import { digestOf, type Json } from "../core/canonical.ts";
import type { Config } from "../core/config.ts";
import type { Located } from "../core/yaml.ts";
import { PRIORITIES } from "../swarm/states.ts";
import { type Fleet, standingOf } from "./fleet.ts";
import { cellName, matrixCells, type Spec, type StageCommand, type StageSpec, type When } from "./spec.ts";

/**
 * The one model of a product's pipeline. The committed Jenkinsfile is its rendering, `monkeysPipeline()` interprets its
 * JSON, the local runner executes it. Nothing in it depends on time, machine or commit: equal inputs give equal bytes.
 */
export const PLAN_VERSION = 1;

const whenSchema = z
  .strictObject({
    branch: z.array(z.string()).optional(),
    tag: z.array(z.string()).optional(),
    changed: z.array(z.string()).optional(),
    environment: z.record(z.string(), z.string()).optional(),
  })
  .describe("all conditions must hold; in a list of globs one is enough");

const commandSchema = z.strictObject({
  kind: z.literal("command"),
  name: z.string().describe("unique in the plan; also the log's name and the argument of monkeysStage"),
  run: z.string().describe("shell command line; run in the root of the work tree"),
  env: z.record(z.string(), z.string()).describe("variables set for the command: a matrix cell's MATRIX_<AXIS>"),
  when: whenSchema.optional(),
  timeout_minutes: z.int(),
  network: z.enum(["host", "none"]),
  reports: z.strictObject({ junit: z.array(z.string()), coverage: z.array(z.string()), sarif: z.array(z.string()) }),
});

const groupSchema = z.strictObject({
  kind: z.literal("parallel"),
  name: z.string(),
  when: whenSchema.optional(),
  branches: z.array(commandSchema).min(1).describe("parallel commands, or the cells of a matrix"),
});

export const PIPELINE_STEPS = {
  scan: "monkeysScan",
  docs: "monkeysDocs",
  release: "monkeysShip",
  announce: "monkeysAnnounce",
} as const;

/** After a failed stage: which step tries to repair the product. */
export const POST_STEPS = { heal: "monkeysHeal" } as const;

const stepSchema = z.strictObject({
  kind: z.literal("step"),
  name: z.string(),
  step: z.enum(Object.keys(PIPELINE_STEPS) as [PipelineStep, ...PipelineStep[]]),
  jenkins_step: z.string().describe("the step of the shared library"),
  when: whenSchema.optional(),
});

const stageSchema = z.discriminatedUnion("kind", [commandSchema, groupSchema, stepSchema]);

export const planSchema = z.strictObject({
  version: z.literal(PLAN_VERSION),
  product: z.string(),
  company: z.string(),
  tier: z.int(),
  priority: z.enum(PRIORITIES),
  main_branch: z.string(),
  zones: z.enum(["one", "two"]).describe("two: the act half runs as system jobs on agents of its own"),
  /** Jenkins' side: which agents, which Node, which library. */
  library: z.string().describe("name or name@version of the shared library"),
  agent: z.string().optional().describe("label expression; absent: any agent"),
  node_tool: z.string().optional().describe("name of the NodeJS tool; absent: the agent's own node"),
  triggers: z.strictObject({ cron: z.string().optional() }),
  options: z.strictObject({
    disable_concurrent_builds: z.literal(true),
    timestamps: z.boolean(),
    timeout_minutes: z.int().describe("bound of the whole pipeline, waiting for approvals included"),
    keep_builds: z.int(),
    quiet_period_seconds: z.int().describe("how long a build waits for more commits; by priority"),
  }),
  stages: z.array(stageSchema),
  post: z.strictObject({ failure: z.array(z.enum(["heal"])) }),
  digest: z.string().describe("SHA-256 of the canonical JSON of all the rest"),
});

export type Plan = z.output<typeof planSchema>;
export type PlanStage = z.output<typeof stageSchema>;
export type CommandStage = z.output<typeof commandSchema>;
export type ParallelStage = z.output<typeof groupSchema>;
export type StepStage = z.output<typeof stepSchema>;
export type PlanWhen = z.output<typeof whenSchema>;
export type PipelineStep = keyof typeof PIPELINE_STEPS;

export interface PlanInputs {
  readonly spec: Located<Spec>;
  readonly constitution: Constitution;
  readonly config: Config;
  readonly fleet: Located<Fleet>;
  /** Commands of the product's ecosystems for stages that the spec does not define: `build`, `test`. */
  readonly defaultStages?: Readonly<Record<string, string>>;
}

/** Minutes for a command of which the spec does not say how long it may take. */
export const COMMAND_MINUTES = 30;
const PIPELINE_MINUTES = 24 * 60;
const KEPT_BUILDS = 30;

/**
 * Jenkins itself has no priority that a Jenkinsfile can set (that needs the Priority Sorter plugin, which the seed job
 * configures), but a build that is less urgent can wait a little longer for the next commit.
 */
const QUIET_SECONDS = { critical: 0, high: 5, medium: 10, low: 60 } as const;

/** Makes the plan of a product: build, test, the product's own stages, scan, docs, release, announce. */
export function planOf({ spec, constitution, config, fleet, defaultStages = {} }: PlanInputs): Plan {
  const { value } = spec;
  const standing = standingOf(spec, fleet);
  const mainBranch = config.get("git.main_branch");
  const { jenkins } = value;
  const rest: Omit<Plan, "digest"> = {
    version: PLAN_VERSION,
    product: value.product,
    company: value.company,
    tier: standing.tier,
    priority: standing.priority,
    main_branch: mainBranch,
    zones: constitution.document.zones,
    library: config.get("jenkins.library"),
    ...(jenkins.agent ? { agent: jenkins.agent } : {}),
    ...(jenkins.node_tool ? { node_tool: jenkins.node_tool } : {}),
    triggers: jenkins.cron ? { cron: jenkins.cron } : {},
    options: {
      disable_concurrent_builds: true,
      timestamps: jenkins.timestamps,
      timeout_minutes: jenkins.timeout_minutes ?? PIPELINE_MINUTES,
      keep_builds: jenkins.keep_builds ?? KEPT_BUILDS,
      quiet_period_seconds: QUIET_SECONDS[standing.priority],
    },
    stages: [...commandStages(value, defaultStages), ...stepStages(value, mainBranch, constitution.document.zones)],
    post: { failure: ["heal"] },
  };
  return planSchema.parse({ ...rest, digest: digestOf(rest as unknown as Json) });
}

/** Stages that run product code: build and test first, then the spec's own in their order. */
function commandStages(spec: Spec, defaults: Readonly<Record<string, string>>): PlanStage[] {
  const given: Record<string, StageSpec> = {};
  for (const name of ["build", "test"]) {
    const stage = spec.stages[name] ?? (defaults[name] === undefined ? undefined : { run: defaults[name] });
    if (stage) given[name] = stage;
  }
  const names = [...new Set([...Object.keys(given), ...Object.keys(spec.stages)])];
  return names.map((name) => stageOf(name, given[name] ?? (spec.stages[name] as StageSpec)));
}

function stageOf(name: string, stage: StageSpec): PlanStage {
  const when = conditionOf(stage.when);
  if (stage.parallel) {
    const branches = Object.entries(stage.parallel).map(([branch, command]) =>
      commandOf(
        `${name}-${branch}`,
        {
          ...command,
          // What the group says holds for each branch that does not say otherwise.
          timeout_minutes: command.timeout_minutes ?? stage.timeout_minutes,
          network: command.network ?? stage.network,
          reports: command.reports ?? stage.reports,
        },
        {},
      ),
    );
    return { kind: "parallel", name, ...when, branches };
  }
  const command: StageCommand = { ...stage, run: stage.run as string, when: undefined };
  if (stage.matrix) {
    const branches = matrixCells(stage.matrix).map((cell) => commandOf(cellName(name, cell), command, cell));
    return { kind: "parallel", name, ...when, branches };
  }
  return { ...commandOf(name, command, {}), ...when };
}

function commandOf(name: string, command: StageCommand, cell: Readonly<Record<string, string>>): CommandStage {
  const { reports } = command;
  return {
    kind: "command",
    name,
    run: command.run,
    env: Object.fromEntries(Object.entries(cell).map(([axis, value]) => [`MATRIX_${axis.toUpperCase()}`, value])),
    ...conditionOf(command.when),
    timeout_minutes: command.timeout_minutes ?? COMMAND_MINUTES,
    network: command.network ?? "host",
    reports: { junit: reports?.junit ?? [], coverage: reports?.coverage ?? [], sarif: reports?.sarif ?? [] },
  };
}

/** A condition without its empty parts; none at all when nothing is left. */
function conditionOf(when: When | undefined): { when?: PlanWhen } {
  if (!when) return {};
  const kept = defined({ ...when }) as PlanWhen;
  return Object.keys(kept).length > 0 ? { when: kept } : {};
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;
}

function stepStages(spec: Spec, mainBranch: string, zones: Plan["zones"]): StepStage[] {
  const step = (name: PipelineStep, when?: PlanWhen): StepStage => ({
    kind: "step",
    name,
    step: name,
    jenkins_step: PIPELINE_STEPS[name],
    ...(when ? { when } : {}),
  });
  const onMain: PlanWhen = { branch: [mainBranch] };
  return [
    ...(spec.scan ? [step("scan")] : []),
    ...(spec.docs.site === "none" ? [] : [step("docs")]),
    step("release", onMain),
    // Where the act half is a job of its own, its release announces; this build does not wait for it.
    ...(spec.announce.length > 0 && zones === "one" ? [step("announce", onMain)] : []),
  ];
}

/** A stage or a branch of a parallel stage, by name, with the condition of the group it stands in. */
export function findStage(
  plan: Plan,
  name: string,
): { stage: PlanStage; group: ParallelStage | undefined } | undefined {
  for (const stage of plan.stages) {
    if (stage.name === name) return { stage, group: undefined };
    if (stage.kind !== "parallel") continue;
    const branch = stage.branches.find((one) => one.name === name);
    if (branch) return { stage: branch, group: stage };
  }
  return undefined;
}

/** All names that `findStage` knows, in the plan's order. */
export function stageNames(plan: Plan): string[] {
  return plan.stages.flatMap((stage) =>
    stage.kind === "parallel" ? [stage.name, ...stage.branches.map((branch) => branch.name)] : [stage.name],
  );
}
