import type { Constitution } from "../../constitution/constitution.ts";
import { protectedPaths } from "../../constitution/protect.ts";
import type { Outcome } from "../../core/diagnostic.ts";
import { type Emit, task } from "../../core/events.ts";
import { type Candidate, changedLines, type FileChange, type FixSource, sourceName } from "./candidate.ts";
import type { HealFix, HealTried } from "./report.ts";

/** Tells of a candidate that is being applied, with where it comes from and what it touches. */
export function announceApplied<T>(
  emit: Emit,
  number: number,
  candidate: Candidate,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const { source } = candidate;
  const learned =
    source.kind === "template" ? ` (learned in ${source.learnedIn}, trust ${candidate.trust.toFixed(2)})` : "";
  const title = `${sourceName(source)}${learned}`;
  const files = candidate.changes.map((change) => change.path);
  const shown = files.length > 3 ? `${files.slice(0, 3).join(", ")} and ${files.length - 3} more` : files.join(", ");
  return task(emit, `heal.apply.${number}`, title, work, (outcome) =>
    outcome.ok
      ? { title: `${title} applied to ${shown || "the checkout"}` }
      : { state: "skipped", title: `${title} does not apply` },
  );
}

/** Tells that a repair keeps the limits that the constitution sets, and which protected paths people are to be asked about. */
export function announceLimits(emit: Emit, changes: readonly FileChange[], constitution: Constitution): void {
  const lines = changedLines(changes);
  const guarded = protectedPaths(
    constitution,
    changes.map(({ path }) => path),
  );
  const touched = guarded.length === 0 ? "nothing protected" : `protected: ${guarded.join(", ")}`;
  const title = `within limits: ${count(changes.length, "file")}, ${count(lines, "line")}, ${touched}`;
  emit({ type: "task.started", task: "heal.limits", title });
  emit({ type: "task.finished", task: "heal.limits", state: "done", title });
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

/** A candidate that was tried, as the report names it. */
export function brief(candidate: Candidate, changes: readonly FileChange[]): HealTried {
  const { source } = candidate;
  return {
    kind: source.kind,
    name: nameOf(source),
    summary: candidate.summary,
    // What a tool's own repair touches is only known afterwards.
    files: (candidate.commands ? changes : candidate.changes).map((change) => change.path),
  };
}

function nameOf(source: FixSource): string {
  switch (source.kind) {
    case "template":
      return source.template;
    case "builtin":
      return source.fixer;
    case "search":
      return source.operator;
    case "model":
      return source.model;
  }
}

/** A candidate that healed, as the report names it. */
export function fixOf(candidate: Candidate, changes: readonly FileChange[]): HealFix {
  const { source } = candidate;
  return {
    ...brief(candidate, changes),
    trust: candidate.trust,
    ...(source.kind === "template" ? { learned_in: source.learnedIn, learned_at: source.learnedAt } : {}),
  };
}
