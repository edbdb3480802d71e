import * as z from "zod";
import { DIAGNOSTIC_KINDS, type Diagnostic } from "./diagnostic.ts";
import { RESULT_VERSION } from "./result-version.ts";

export const VERDICTS = ["success", "unstable", "failure", "waiting"] as const;
export type Verdict = (typeof VERDICTS)[number];

const place = z.object({
  file: z.string(),
  line: z.int().positive().optional(),
  column: z.int().positive().optional(),
  endColumn: z.int().positive().optional(),
  commit: z.string().optional(),
  excerpt: z.object({ firstLine: z.int().positive(), lines: z.array(z.string()) }).optional(),
});

export const diagnosticSchema = z.object({
  code: z.string(),
  kind: z.enum(DIAGNOSTIC_KINDS),
  severity: z.enum(["error", "warning", "note"]),
  message: z.string(),
  where: place.optional(),
  next: z.string().optional(),
  details: z.string().optional(),
});

/** A question to people, as a result and Jenkins' `input` step name it. */
export const approvalAskedSchema = z.object({
  id: z.string(),
  group: z.string(),
  people: z.array(z.string()).describe("whose answer counts: the group's members without the requester"),
  count: z.int().describe("how many distinct people must agree"),
  until: z.iso.datetime(),
  reason: z.string(),
});
export type ApprovalAsked = z.infer<typeof approvalAskedSchema>;

/** What the work half leaves to the act half, where each has agents of its own. */
export const handoverSchema = z.object({
  job: z.enum(["land", "publish", "deploy", "apply"]).describe("the system pipeline that does the act half"),
  path: z.string().describe("full name of its job in Jenkins"),
  run: z.string(),
  digests: z.array(z.string()).describe("SHA-256 of exactly what is to be acted with"),
});
export type Handover = z.infer<typeof handoverSchema>;

/**
 * What a step leaves behind: one `result.json`, read by Jenkins, by the CLI's `--json` and by later steps. Versioned;
 * readers refuse a version they do not know. All paths are relative to the workspace.
 */
export const resultSchema = z.object({
  version: z.literal(RESULT_VERSION),
  step: z.string(),
  product: z.string().optional(),
  /** The journal's run, for `--resume` and `undo`. */
  run: z.string().optional(),
  verdict: z.enum(VERDICTS),
  /** Why it did not succeed; absent on success. */
  kind: z.enum(DIAGNOSTIC_KINDS).optional(),
  diagnostics: z.array(diagnosticSchema),
  started_at: z.iso.datetime(),
  duration_ms: z.number().nonnegative(),
  dry_run: z.boolean(),
  /** Nothing acted: the session only logged what its gates would have answered. */
  observed: z.boolean().default(false),
  junit: z.array(z.string()).default([]),
  coverage: z.array(z.string()).default([]),
  sarif: z.array(z.string()).default([]),
  artifacts: z.array(z.object({ path: z.string().optional(), name: z.string(), digest: z.string() })).default([]),
  links: z.array(z.object({ title: z.string(), url: z.string() })).default([]),
  metrics: z.record(z.string(), z.number()).default({}),
  /** A question to people: set with verdict `waiting` when a gate asked. */
  approval: approvalAskedSchema.optional(),
  /** The work half ended here: what the act half's job takes. */
  handover: handoverSchema.optional(),
  /** Markdown, a screenful at most. */
  summary: z.string(),
  /** The same in one line each, for whoever shows it without reading all of it: the Jenkins library. */
  shown: z.object({
    line: z.string().describe("product, step, and what came of it"),
    error: z.string().optional().describe("whose problem, which, where, and what to do next; of a failure"),
    keep: z.array(z.string()).describe("paths of the artefacts that are files of the workspace"),
    link: z.string().optional().describe("the first link's address"),
  }),
  /** The step's own typed result. */
  data: z.unknown(),
});

export type StepResult = Omit<z.infer<typeof resultSchema>, "diagnostics"> & {
  readonly diagnostics: readonly Diagnostic[];
};
