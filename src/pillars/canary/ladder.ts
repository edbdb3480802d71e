import * as z from "zod";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Canary } from "../../pipeline/canary-schema.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { listRuns, type RunRecord, readRun, type StepRecord } from "../../swarm/journal.ts";
import type { Playing } from "../deploy/playing.ts";
import { judgedSchema } from "./judge.ts";
import { type Look, lookSchema } from "./look.ts";

/** The journal's kind of a canary's run; its key is the product and the environment, so that each has one at a time. */
export const CANARY_RUN = "canary";

/** What a canary was begun with. It stays so to the end, whatever SPEC.md says meanwhile. */
export interface Ladder extends Playing {
  readonly environment: string;
  readonly version: string;
  /** The version that it is compared with and goes back to. */
  readonly stable: string;
  readonly canary: Canary;
}

/** Names of the journal's steps. */
export const STEP = {
  ladder: "ladder",
  rung: (rung: number) => `rung ${rung}`,
  left: (rung: number) => `left rung ${rung}`,
  look: (look: number) => `look ${look}`,
  order: (order: number) => `order ${order}`,
  abort: "abort",
  back: "take back",
  finish: "all traffic",
} as const;

/** What an effect that moves traffic leaves: when it was done, and where the two versions listen, as the playbook told. */
export const shiftedSchema = z.object({
  at: z.int(),
  ports: z.record(z.string(), z.object({ canary: z.int(), stable: z.int() })).optional(),
});
export type Shifted = z.infer<typeof shiftedSchema>;

export const orderSchema = z.object({
  order: z.enum(["promote", "hold", "resume", "abort"]),
  /** The rung that it was given on. */
  rung: z.int(),
  by: z.string(),
  because: z.string(),
  at: z.int(),
});
export type Order = z.infer<typeof orderSchema>;

export const leftSchema = z.object({
  decision: z.enum(["promote", "abort"]),
  rung: z.int(),
  by: z.string().describe("`criteria`, or a person"),
  why: z.string(),
  at: z.int(),
  criteria: z.array(judgedSchema),
});
export type Left = z.infer<typeof leftSchema>;

/** How far a canary is. */
export interface Climb {
  /** The rung whose share the traffic has, from 1; 0 before the first. */
  readonly rung: number;
  /** When the traffic got that share. */
  readonly since: number | undefined;
  readonly ports: Shifted["ports"];
  readonly looks: readonly Look[];
  readonly orders: readonly Order[];
  /** Whether a person's word keeps it from going on. */
  readonly hold: Order | undefined;
  readonly abort: Left | undefined;
  readonly left: readonly Left[];
}

/** Reads from a run's steps how far its canary is. */
export function climbOf(steps: readonly StepRecord[]): Climb {
  const done = steps.filter(({ state }) => state === "done");
  const valuesNamed = <T>(pattern: RegExp, schema: z.ZodType<T>): T[] =>
    done
      .flatMap(({ name, value }) => {
        const number = pattern.exec(name)?.[1];
        return number === undefined ? [] : [{ number: Number(number), value: schema.parse(value) }];
      })
      .sort((a, b) => a.number - b.number)
      .map(({ value }) => value);
  const shifts = valuesNamed(/^rung (\d+)$/, shiftedSchema);
  const orders = valuesNamed(/^order (\d+)$/, orderSchema);
  const last = orders.findLast(({ order }) => order === "hold" || order === "resume");
  const abort = done.find(({ name }) => name === STEP.abort);
  return {
    rung: shifts.length,
    since: shifts.at(-1)?.at,
    ports: shifts.at(-1)?.ports,
    looks: valuesNamed(/^look (\d+)$/, lookSchema),
    orders,
    hold: last?.order === "hold" ? last : undefined,
    abort: abort && leftSchema.parse(abort.value),
    left: valuesNamed(/^left rung (\d+)$/, leftSchema),
  };
}

/** A canary of the journal that is not finished. */
export interface OpenCanary {
  readonly run: RunRecord;
  readonly ladder: Ladder;
  readonly climb: Climb;
}

/** The canaries of a product that are under way, in one environment or all. */
export async function openCanaries(session: Session, environment?: string): Promise<Outcome<OpenCanary[]>> {
  const { company, name } = productOf(session);
  const runs = await listRuns(session.swarm, {
    company,
    product: name,
    kind: CANARY_RUN,
    status: ["running", "waiting"],
  });
  if (!runs.ok) return runs;
  const found: OpenCanary[] = [];
  for (const run of runs.value) {
    const read = await readRun(session.swarm, run.id);
    if (!read.ok) return read;
    const kept = read.value.steps.find(({ name: step, state }) => step === STEP.ladder && state === "done");
    // One whose process died before it wrote its ladder down has done nothing yet.
    if (kept === undefined) continue;
    const ladder = kept.value as Ladder;
    if (environment !== undefined && ladder.environment !== environment) continue;
    found.push({ run, ladder, climb: climbOf(read.value.steps) });
  }
  return succeed(found);
}

const endedSchema = z.union([
  z.object({ version: z.string(), stable: z.string(), why: z.string(), by: z.string(), rung: z.int() }),
  z.object({ version: z.string(), stable: z.string() }),
]);
/** How a canary ended: with a reason when it was taken back. */
export type EndedCanary = z.infer<typeof endedSchema> & { readonly run: string };

/** The newest canary of an environment that is over. */
export async function lastCanary(session: Session, environment: string): Promise<Outcome<EndedCanary | undefined>> {
  const { company, name } = productOf(session);
  const runs = await listRuns(session.swarm, {
    company,
    product: name,
    kind: CANARY_RUN,
    key: canaryKey(name, environment),
    status: ["succeeded", "failed"],
    limit: 1,
  });
  if (!runs.ok) return runs;
  const [run] = runs.value;
  const read = endedSchema.safeParse(run?.evidence);
  return succeed(run && read.success ? { run: run.id, ...read.data } : undefined);
}

/** The business key of a canary's run. */
export function canaryKey(product: string, environment: string): string {
  return `${product} ${environment}`;
}
