import * as z from "zod";
import { approvalAskedSchema } from "../../core/result.ts";

/**
 * How one effect of a run was taken back. `undone`: by this call. `already`: it was, before. `by_hand`: only a
 * person can, at the page that `reason` names; the next call looks whether it was done. `cannot`: nobody can. `refused`: it could be, but the constitution or later work says no.
 * `planned`: a dry run would.
 */
export const UNDO_STATES = ["undone", "already", "cannot", "by_hand", "refused", "waiting", "planned"] as const;

export const undoEffectSchema = z.object({
  effect: z.string().describe("what is taken back, in words"),
  action: z.string().nullable().describe("the action that the constitution is asked about; null where none is needed"),
  state: z.enum(UNDO_STATES),
  reason: z.string().describe("how it was undone, or why not and what to do by hand"),
  rule: z.string().nullable().describe("in a dry run: the rule that decides"),
});
export type UndoEffect = z.infer<typeof undoEffectSchema>;

export const undoResultSchema = z.object({
  run: z.string().nullable().describe("the run that undid it; null in a dry run"),
  undone: z.object({ run: z.string(), kind: z.string(), title: z.string() }).describe("the run that is undone"),
  effects: z.array(undoEffectSchema),
  approval: approvalAskedSchema.optional().describe("the question to people that this waits for"),
});
export type UndoResult = z.infer<typeof undoResultSchema>;

/** An effect that needs no permit, or that nobody can undo. */
export function plainEffect(effect: string, state: UndoEffect["state"], reason: string): UndoEffect {
  return { effect, action: null, state, reason, rule: null };
}
