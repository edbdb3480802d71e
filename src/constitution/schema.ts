import * as z from "zod";
import { FINDING_KINDS } from "../core/security.ts";
import { APPROVAL_MODES } from "../swarm/states.ts";
import { PILLARS } from "./pillars.ts";

/**
 * The shape of `constitution.yaml`. What a schema cannot say (known actions, typed conditions, known groups, unique ids)
 * is checked in constitution.ts with the same care for places.
 */
const SPAN = /^([1-9][0-9]*)(m|h|d|w|y)$/;
const SPAN_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_557_600_000 } as const;

/** Milliseconds of `30m`, `4h`, `7d`, `2w` or `2y` (a year has 365.25 days). Undefined for anything else. */
export function spanMs(text: string): number | undefined {
  const match = SPAN.exec(text);
  return match ? Number(match[1]) * SPAN_MS[match[2] as keyof typeof SPAN_MS] : undefined;
}

const span = z.string().regex(SPAN, "a span of time such as 30m, 4h, 7d, 2w or 2y");
const isoDate = () =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, "a date such as 2027-01-31")
    .refine(isCalendarDay, "not a day of the calendar");
/** The engine's date parser takes 30 February for 2 March; a day that exists comes back as it went in. */
function isCalendarDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

const ruleId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case words joined by -, as in releases-from-main")
  .max(80);
const patterns = z.array(z.string().min(1)).min(1);
const sentence = z.string().trim().min(1);

export const SEVERITIES = ["low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];
const THRESHOLDS = [...SEVERITIES, "none"] as const;

const limits = z
  .strictObject({
    files: z.int().positive().describe("files changed in one commit"),
    lines: z.int().positive().describe("lines added plus removed in one commit"),
    attempts: z.int().positive().describe("attempts at the same failure or release"),
    minutes: z.int().positive().describe("minutes since the run first began, without its waits"),
    model_calls: z.int().nonnegative().describe("model calls in one run"),
    model_tokens: z
      .int()
      .nonnegative()
      .describe("tokens of questions and answers in one run, however often it is resumed"),
  })
  .partial();

const rule = z.strictObject({
  id: ruleId.describe("names the rule in answers, logs and tests"),
  allow: patterns.optional().describe("actions, families such as git.*, or *"),
  deny: patterns.optional().describe("the same; beats ask and allow"),
  ask: patterns.optional().describe("the same; people decide, and it beats allow"),
  of: z
    .strictObject({
      group: z.string().describe("a name under groups"),
      count: z.int().positive().default(1).describe("distinct people other than the requester"),
      within: span.default("24h").describe("how long the question stands"),
    })
    .optional(),
  when: sentence.optional().describe("a CEL condition over facts; without it the rule always matches"),
  because: sentence.optional().describe("the reason that people read when this rule decides"),
});

const expectation = z.union([
  z.enum(["allow", "deny", "ask"]),
  z.strictObject({ allow: z.string() }),
  z.strictObject({ deny: z.string() }),
  z.strictObject({ ask: z.string() }),
]);

/*
 * Sections that most constitutions leave out are made when one has them: making a schema is a good part of a command's start.
 */
function releaseSection() {
  return z.strictObject({
    requires: z
      .array(z.union([sentence, z.strictObject({ that: sentence, because: sentence.optional() })]))
      .default([])
      .describe("conditions without which nothing is tagged or published"),
    docs: z
      .array(z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$)).+$/, "a path in the product's repository"))
      .default([])
      .describe("files of the product without which nothing is tagged or published, such as docs/runbook.md"),
  });
}

function securitySection() {
  return z.strictObject({
    fail_on: z
      .union([z.enum(THRESHOLDS), z.partialRecord(z.enum(FINDING_KINDS), z.enum(THRESHOLDS))])
      .default("high")
      .describe("findings of this severity and above fail a scan, or none; one for all, or by kind of finding"),
    unrated: z.enum(SEVERITIES).default("high").describe("what a finding counts as that no scanner has rated"),
    unfixed: z.enum(["fail", "report"]).default("fail").describe("report: one that no version fixes yet fails nothing"),
    database_max_age: span.default("7d").describe("advisory databases older than this are called stale"),
    waivers: z
      .array(
        z.strictObject({
          id: z.string().min(1).describe("advisory or rule id"),
          until: isoDate().describe("the last day on which it counts"),
          because: sentence.describe("why it does no harm until then"),
          by: sentence.describe("the person or group that answers for it"),
          products: z.array(z.string()).optional().describe("all products when absent"),
        }),
      )
      .default([]),
  });
}

function auditSection() {
  return z.strictObject({
    keep: span.default("2y").describe("how long entries are to be kept"),
    include: z
      .array(z.enum(["decisions", "effects", "approvals", "evidence"]))
      .default(["decisions", "effects", "approvals", "evidence"]),
  });
}

function sharedAmong() {
  return z.strictObject({
    companies: z.array(z.string()).min(2).describe("they see what each other learned"),
    what: z.array(z.enum(["patterns", "templates"])).min(1),
  });
}

function modelsSection() {
  return z.strictObject({
    calls_per_day: z.int().nonnegative().optional().describe("model calls in any 24 hours, over all runs"),
    tokens_per_day: z.int().nonnegative().optional().describe("tokens in any 24 hours, over all runs"),
  });
}

export const documentSchema = z.strictObject({
  version: z.literal(1),
  mode: z
    .enum(["act", "observe"])
    .default("act")
    .describe("observe: every gate logs what would have been done, and nothing acts"),
  time_zone: z.string().default("UTC").describe("IANA name; what now.weekday, now.hour and now.date mean"),
  principles: z.array(sentence).default([]).describe("prose for people and for the model; never evaluated"),
  protect: z
    .array(z.string().min(1))
    .default([])
    .describe("globs added to the paths that are protected anyway; !glob lifts one"),
  protected_branches: z
    .array(z.string().min(1))
    .default(["main", "master", "release/*"])
    .describe("globs; the host may protect more"),
  limits: z.partialRecord(z.enum(PILLARS), limits).default({}).describe("by pillar, such as heal or release"),
  groups: z
    .record(z.string(), z.array(z.string().min(1)).min(1))
    .default({})
    .describe("people who may approve"),
  rules: z.array(rule).default([]).describe("each with one of allow, deny and ask; what none allows is denied"),
  release: z.lazy(releaseSection).default({ requires: [], docs: [] }),
  approvals: z
    .lazy(() =>
      z.record(z.string().regex(/^(tier[0-9]+|default)$/, "tier0, tier1 … or default"), z.enum(APPROVAL_MODES)),
    )
    .default({})
    .describe("by tier0, tier1 … and default: auto, checkpoints or final"),
  security: z
    .lazy(securitySection)
    .default({ fail_on: "high", unrated: "high", unfixed: "fail", database_max_age: "7d", waivers: [] }),
  audit: z.lazy(auditSection).default({ keep: "2y", include: ["decisions", "effects", "approvals", "evidence"] }),
  zones: z.enum(["one", "two"]).default("one").describe("two: the act half runs as system jobs on its own agents"),
  sharing: z.lazy(() => z.array(sharedAmong())).default([]),
  models: z.lazy(modelsSection).default({}),
  tests: z
    .array(
      z.strictObject({
        name: sentence.optional(),
        given: z.looseObject({ action: z.string() }).describe("an action, and the facts that are known"),
        expect: expectation.describe("the answer, or the answer and its rule; no-match for no rule"),
      }),
    )
    .default([]),
});

export type ConstitutionDocument = z.infer<typeof documentSchema>;
export type RuleDocument = ConstitutionDocument["rules"][number];
export type Limits = z.infer<typeof limits>;
