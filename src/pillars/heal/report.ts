import * as z from "zod";
import { approvalAskedSchema, handoverSchema } from "../../core/result.ts";

/**
 * What a heal did, for `result.json`, the CLI and the journal. Times are milliseconds; digests name entries of the
 * artefact store.
 */
export const HEAL_VERDICTS = ["fixed", "proposed", "not_fixed", "flaky", "infrastructure", "refused"] as const;
export type HealVerdict = (typeof HEAL_VERDICTS)[number];

const failureSchema = z.object({
  tool: z.string(),
  category: z.string(),
  message: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
  test: z.string().optional(),
  occurrence: z.string(),
  pattern: z.string(),
  /** How often the company has seen the pattern, in how many products, and how often it was fixed. */
  seen: z.object({ times: z.int(), products: z.int(), fixed: z.int() }).optional(),
});

export const fixSchema = z.object({
  kind: z.enum(["template", "builtin", "search", "model"]),
  /** Template id, fixer name, operator of the search, or model name. */
  name: z.string(),
  /** Product and commit that a template was learned in; absent when another company shared it. */
  learned_in: z.string().optional(),
  learned_at: z.string().optional(),
  trust: z.number(),
  summary: z.string(),
  files: z.array(z.string()),
});

export const triedSchema = z.object({
  kind: z.enum(["template", "builtin", "search", "model"]),
  name: z.string(),
  summary: z.string(),
  files: z.array(z.string()),
  /** Why it was dropped; absent for what was taken. */
  dropped: z.string().optional(),
});

export const gateSchema = z.object({
  action: z.string(),
  answer: z.enum(["allow", "deny", "ask"]),
  rule: z.string().optional(),
  reason: z.string(),
  /** Only asked what the answer would be. */
  preview: z.boolean(),
});

export const healReportSchema = z.object({
  verdict: z.enum(HEAL_VERDICTS),
  /** One sentence: why it ended as it did. */
  reason: z.string(),
  product: z.string(),
  stage: z.string(),
  /** The failing commit. */
  commit: z.string(),
  run: z.string().optional(),
  failure: failureSchema.optional(),
  /** One a round: a second fault that hid behind the first is healed in the same commit. */
  fixes: z.array(fixSchema).default([]),
  tried: z.array(triedSchema).default([]),
  files: z.array(z.string()).default([]),
  lines: z.int().default(0),
  diff: z.string().optional(),
  patch: z.string().optional(),
  evidence: z.string().optional(),
  isolated: z.boolean().optional(),
  reproduce_ms: z.number().optional(),
  fix_ms: z.number().optional(),
  verify_ms: z.number().optional(),
  /** Of all these, what the product's own commands took: the stage, and the failed test alone. */
  command_ms: z.number().optional(),
  gates: z.array(gateSchema).default([]),
  branch: z.string().optional(),
  fix_commit: z.string().optional(),
  pushed: z.boolean().default(false),
  pull_request: z.string().optional(),
  approval: approvalAskedSchema.optional(),
  handover: handoverSchema.optional(),
  /** The template that was learned or is a candidate, and why none was. */
  learned: z.string().optional(),
  not_learned: z.string().optional(),
  dry_run: z.boolean().default(false),
});

export type HealReport = z.infer<typeof healReportSchema>;
export type HealFix = z.infer<typeof fixSchema>;
export type HealTried = z.infer<typeof triedSchema>;
export type HealGate = z.infer<typeof gateSchema>;
