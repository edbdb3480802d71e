import picomatch from "picomatch";
import type { PlanWhen } from "../plan.ts";

/** What conditions are held against. */
export interface RunContext {
  /** Undefined on a detached checkout that no CI system names a branch for. */
  readonly branch: string | undefined;
  /** Tags of the commit. */
  readonly tags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Paths changed since the last build that passed; undefined when there was none, and then everything counts. */
  readonly changed: readonly string[] | undefined;
}

/** As Jenkins' own globs: `*`, `**` and `?`, nothing else is special. */
const GLOB_OPTIONS = { nobrace: true, noext: true, nobracket: true, nonegate: true, dot: true } as const;

/** Why a stage under these conditions (its group's and its own) is not to run; undefined when it is. */
export function refusedBy(conditions: readonly (PlanWhen | undefined)[], context: RunContext): string | undefined {
  for (const when of conditions) {
    const why = when && refusal(when, context);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** All conditions must hold; in a list one is enough. */
function refusal(when: PlanWhen, context: RunContext): string | undefined {
  if (when.branch) {
    if (context.branch === undefined) return `only on ${list(when.branch)}, and no branch is checked out`;
    if (!matches(when.branch, [context.branch])) return `only on ${list(when.branch)}, and this is ${context.branch}`;
  }
  if (when.tag && !matches(when.tag, context.tags)) {
    return `only on tags like ${list(when.tag)}`;
  }
  for (const [name, value] of Object.entries(when.environment ?? {})) {
    if (context.environment[name] !== value) return `only when ${name} is ${value}`;
  }
  if (when.changed && context.changed !== undefined && !matches(when.changed, context.changed)) {
    return `nothing under ${list(when.changed)} changed since the last build that passed`;
  }
  return undefined;
}

function matches(globs: readonly string[], names: readonly string[]): boolean {
  const match = picomatch([...globs], GLOB_OPTIONS);
  return names.some((name) => match(name));
}

function list(items: readonly string[]): string {
  return items.join(" or ");
}
