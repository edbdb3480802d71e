import type { Diagnostic } from "./diagnostic.ts";
import type { ApprovalAsked, Verdict } from "./result.ts";

/** How a gate answered, as far as a reader of the events needs it. */
export interface GateAnswer {
  readonly action: string;
  readonly answer: "allow" | "deny" | "ask";
  /** The deciding rule's id; absent when no rule matched (which is a deny). */
  readonly rule?: string;
  readonly reason: string;
}

/**
 * What happens while a step runs. Pillars emit, `cli/` renders; nothing else depends on them. `task` ids are unique in a
 * run; a task may have a parent.
 */
export type Event =
  | { readonly type: "run.started"; readonly run: string; readonly title: string }
  | { readonly type: "run.finished"; readonly run: string; readonly verdict: Verdict }
  | { readonly type: "task.started"; readonly task: string; readonly title: string; readonly parent?: string }
  | { readonly type: "task.progress"; readonly task: string; readonly text: string }
  | {
      readonly type: "task.finished";
      readonly task: string;
      /** `held`: this or an earlier task waits, or was not reached; nothing failed here. */
      readonly state: "done" | "failed" | "skipped" | "held" | "planned";
      /** Replaces the title when given: what was done, in the past tense. */
      readonly title?: string;
      readonly durationMs?: number;
    }
  | {
      readonly type: "gate";
      readonly task?: string;
      readonly gate: GateAnswer;
      /** The question that now stands. */
      readonly approval?: ApprovalAsked;
    }
  /** `asked`: the line is what the command is for, and not only what something printed on the way. */
  | { readonly type: "output"; readonly task?: string; readonly line: string; readonly asked?: boolean }
  | { readonly type: "diagnostic"; readonly diagnostic: Diagnostic };

export type Emit = (event: Event) => void;

export const silent: Emit = () => {};

/** Runs `work` as a task: started, then finished with the state it returns or, when it throws, failed. */
export async function task<T>(
  emit: Emit,
  id: string,
  title: string,
  work: (progress: (text: string) => void) => Promise<T>,
  describe: (value: T) => { state?: "done" | "failed" | "skipped" | "held" | "planned"; title?: string } = () => ({}),
): Promise<T> {
  const startedAt = performance.now();
  emit({ type: "task.started", task: id, title });
  try {
    const value = await work((text) => emit({ type: "task.progress", task: id, text }));
    const durationMs = performance.now() - startedAt;
    emit({ type: "task.finished", task: id, state: "done", durationMs, ...describe(value) });
    return value;
  } catch (error) {
    emit({ type: "task.finished", task: id, state: "failed", durationMs: performance.now() - startedAt });
    throw error;
  }
}
