import * as z from "zod";
import { type Diagnostic, problem, type SourcePlace } from "../core/diagnostic.ts";
import { command, slug } from "./spec-words.ts";

/**
 * The canary ladder of an environment in SPEC.md: which share of the traffic a new version gets, for how long at least,
 * what is asked about its health meanwhile, and what counts as well.
 */

const query = z
  .string()
  .min(1)
  .max(2_000)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u, "one line without control characters");

const address = query.regex(/^https?:\/\/\S+$/, "an http or https address");

const health = z
  .strictObject({
    url: address
      .optional()
      .describe(
        "an address that answers with JSON; `{side}` (canary or stable), `{host}`, `{port}`, `{version}`, `{from}`, `{to}` and `{seconds}` are filled in. Without `{side}` one answer has both, under `canary` and `stable`; with `{host}` every server is asked",
      ),
    prometheus: address
      .optional()
      .describe("a Prometheus server; the criteria's values are then PromQL, with the same words filled in"),
    command: command
      .optional()
      .describe(
        "a command of the product that prints JSON with `canary` and `stable`; it finds CANARY_FROM, CANARY_TO, CANARY_VERSION and CANARY_STABLE_VERSION in its environment, and no keys",
      ),
    counting: z
      .enum(["window", "total"])
      .default("window")
      .describe("what counts mean: since `{from}`, or since the service began; differences are taken then"),
  })
  .describe("how the health of a stretch of time is asked for: one of `url`, `prometheus` and `command`");

const criterion = z
  .strictObject({
    bad: query.optional().describe("of a rate: the number of requests that failed, as a path in the answer or a query"),
    of: query.optional().describe("of a rate: the number of all requests"),
    values: query.optional().describe("of measurements, such as milliseconds: a list of numbers, or one number"),
    worse_by: z
      .number()
      .gt(0)
      .max(10)
      .optional()
      .describe(
        "how much worse than the stable version is still well: of a rate 0.01 is one percentage point, of measurements 0.2 is a fifth more",
      ),
    at_most: z
      .number()
      .gt(0)
      .optional()
      .describe(
        "the limit, whatever the stable version does: of a rate 0.05 is one in twenty; of measurements their unit",
      ),
    quantile: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe("the part of measurements that `at_most` holds for; 0.95 without it"),
    minimum: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("requests, or measurements, that each side must have had; 100 requests and 30 measurements without it"),
  })
  .describe("what counts as well; `worse_by`, `at_most` or both");

const criteria = z
  .record(slug, criterion)
  .refine((given) => Object.keys(given).length > 0, "a canary without a criterion could never fail");

const rung = z.strictObject({
  share: z.int().min(1).max(100).describe("percent of the traffic that the new version gets"),
  minutes: z.number().min(0).max(10_080).describe("how long it stays there at least"),
  health: health.optional().describe("another question than the ladder's"),
  criteria: criteria.optional().describe("other criteria than the ladder's"),
});

export const canarySchema = z
  .strictObject({
    rungs: z.array(rung).min(1).max(20).describe("from the smallest share to 100"),
    health,
    criteria,
    confidence: z
      .number()
      .min(0.8)
      .max(0.9999)
      .default(0.99)
      .describe(
        "how sure a decision is: a version that is no worse is taken back with the rest as probability at most, over the whole ladder",
      ),
    look_seconds: z.number().min(0).max(86_400).default(30).describe("time between two looks at least"),
    give_up_minutes: z
      .number()
      .gt(0)
      .max(100_000)
      .optional()
      .describe(
        "a rung that is still undecided after this is taken back; without it, it is held until a person decides",
      ),
  })
  .describe("a new version gets its traffic in rungs, and only what is well goes on");

export type Canary = z.output<typeof canarySchema>;
export type CanaryHealth = z.output<typeof health>;
export type CanaryCriterion = z.output<typeof criterion>;

type Path = (string | number)[];

/** What the schema cannot say of a ladder: the order of rungs, and which keys go together. All problems at once. */
export function checkCanary(
  canary: Canary,
  path: Path,
  at: {
    readonly place: (path: Path) => SourcePlace;
    /** The environment's playbook is the library's for services, which needs a port and something to run. */
    readonly port: number | undefined;
    readonly playbook: string | undefined;
  },
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = (below: Path, code: string, message: string, next: string) =>
    found.push(problem("config", `spec.${code}`, message, { where: at.place([...path, ...below]), next }));
  const { rungs } = canary;
  rungs.forEach(({ share }, index) => {
    const before = rungs[index - 1]?.share;
    if (before !== undefined && share <= before) {
      const message = `rung ${index + 1} has ${share} % after ${before} %: shares rise from rung to rung`;
      report(["rungs", index, "share"], "canary_shares", message, "put the rungs in order, each with a larger share");
    }
  });
  const last = rungs.at(-1)?.share;
  if (last !== 100) {
    const message = `the last rung has ${last} % of the traffic and not all of it`;
    report(["rungs", rungs.length - 1, "share"], "canary_end", message, "end with { share: 100, minutes: … }");
  }
  if (at.port === undefined && at.playbook === undefined) {
    const message = "a canary shares the traffic of a port, and SPEC.md names none";
    report([], "canary_port", message, "add port: 8080, or a playbook of your own that takes service_share");
  }
  checkHealth(canary.health, ["health"], report);
  checkCriteria(canary.criteria, ["criteria"], report);
  rungs.forEach((one, index) => {
    if (one.health) checkHealth(one.health, ["rungs", index, "health"], report);
    if (one.criteria) checkCriteria(one.criteria, ["rungs", index, "criteria"], report);
    const criteria = one.criteria ?? canary.criteria;
    const names = Object.keys(criteria);
    const before = index > 0 ? Object.keys(rungs[index - 1]?.criteria ?? canary.criteria) : [];
    const alone = names.find((name) => criteria[name]?.at_most === undefined && !before.includes(name));
    if (one.share === 100 && alone !== undefined) {
      const message = `at 100 % the stable version gets no requests, so that ${alone} has nothing to be compared with`;
      report(["rungs", index], "canary_alone", message, `add at_most to ${alone}, or a rung before that has it`);
    }
  });
  return found;
}

type Report = (below: Path, code: string, message: string, next: string) => void;

function checkHealth({ url, prometheus, command }: CanaryHealth, path: Path, report: Report): void {
  const given = [url, prometheus, command].filter((one) => one !== undefined).length;
  if (given === 1) return;
  const message = given === 0 ? "nothing says how health is asked for" : `health is asked for in ${given} ways`;
  report(path, "canary_health", message, "give one of url, prometheus and command");
}

function checkCriteria(criteria: Canary["criteria"], path: Path, report: Report): void {
  for (const [name, { bad, of, values, worse_by, at_most, quantile }] of Object.entries(criteria)) {
    const here = [...path, name];
    const rate = bad !== undefined || of !== undefined;
    if (rate === (values !== undefined) || (rate && (bad === undefined || of === undefined))) {
      const message = `${name} is neither a rate nor a measurement`;
      report(here, "canary_criterion", message, "give both bad and of (a rate), or values (measurements)");
    }
    if (worse_by === undefined && at_most === undefined) {
      report(here, "canary_limit", `nothing says when ${name} is bad`, "give worse_by, at_most, or both");
    }
    if (rate && ((worse_by ?? 0) >= 1 || (at_most ?? 0) >= 1)) {
      report(here, "canary_rate", `${name} is a rate: its limits lie between 0 and 1`, "0.01 is one in a hundred");
    }
    if (quantile !== undefined && (rate || at_most === undefined)) {
      report(here, "canary_quantile", `${name} has a quantile without use`, "it belongs to at_most of measurements");
    }
  }
}
