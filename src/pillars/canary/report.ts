import * as z from "zod";
import type { Target } from "../../core/action.ts";
import { handoverSchema } from "../../core/result.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { plannedEffectSchema } from "../release/report.ts";
import { judgedSchema, type RungJudged } from "./judge.ts";
import type { Climb, Ladder } from "./ladder.ts";
import { orderSchema } from "./ladder.ts";

export const canaryReportSchema = z.object({
  run: z.string().nullable(),
  product: z.string(),
  environment: z.string(),
  version: z.string(),
  stable: z.string().describe("the version that it is compared with and goes back to"),
  state: z.enum(["climbing", "held", "asking", "taken_back", "finished", "planned"]),
  rung: z.int().describe("from 1; 0 before the first"),
  rungs: z.array(z.object({ share: z.int(), minutes: z.number() })),
  share: z.int().describe("percent of the traffic that the version has"),
  since: z.iso.datetime().optional().describe("when it got that share"),
  looks: z.int().describe("how often its health was looked at on this rung"),
  why: z.string().describe("one sentence: why it is where it is"),
  criteria: z.array(judgedSchema).describe("what the looks of this rung say"),
  orders: z.array(orderSchema).describe("what people said about it"),
  handover: handoverSchema.optional().describe("the work half ended here: the act half's job does what was said"),
  effects: z.array(plannedEffectSchema).describe("in a dry run: what would be done, in order"),
});
export type CanaryReport = z.infer<typeof canaryReportSchema>;

const NO_CLIMB: Climb = {
  rung: 0,
  since: undefined,
  ports: undefined,
  looks: [],
  orders: [],
  hold: undefined,
  abort: undefined,
  left: [],
};

/** How a canary stands, as data. */
export function reportOf(
  session: Session,
  ladder: Ladder,
  of: Pick<CanaryReport, "state" | "why" | "run"> & {
    readonly climb?: Climb;
    readonly judged?: RungJudged | undefined;
    readonly effects?: CanaryReport["effects"];
  },
): CanaryReport {
  const { climb = NO_CLIMB, judged, effects = [], ...rest } = of;
  const { rungs } = ladder.canary;
  return {
    ...rest,
    product: productOf(session).name,
    environment: ladder.environment,
    version: ladder.version,
    stable: ladder.stable,
    rung: climb.rung,
    rungs: rungs.map(({ share, minutes }) => ({ share, minutes })),
    share: of.state === "taken_back" ? 0 : of.state === "finished" ? 100 : (rungs[climb.rung - 1]?.share ?? 0),
    ...(climb.since === undefined ? {} : { since: new Date(climb.since).toISOString() }),
    looks: climb.looks.filter(({ rung }) => rung === climb.rung).length,
    criteria: [...(judged?.criteria ?? [])],
    orders: [...climb.orders],
    effects: [...effects],
  };
}

/** What a move of traffic acts on. */
export function targetOf(ladder: Ladder, share: number): Target<"service.deploy"> {
  return { ...backTarget(ladder), share };
}

export function backTarget({ place, artifact, environment, variables }: Ladder): Target<"service.withdraw"> {
  return {
    environment,
    service: String(variables.service_name ?? artifact.package),
    digest: artifact.sha256,
    hosts: Object.values(place.hosts).map(({ host }) => host),
  };
}
