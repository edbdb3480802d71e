import picomatch from "picomatch";
import { type Diagnostic, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Git } from "../../tools/git/git.ts";
import type { Plan } from "../plan.ts";
import { productOf, type Session } from "../session.ts";
import { productRepository } from "../session-git.ts";
import { type BuildSubject, lastPassed } from "./builds.ts";
import type { RunContext } from "./conditions.ts";

/** What is checked out, and what a build of it can be held against. */
export interface Checkout extends BuildSubject {
  /** Full id of HEAD, whether the tree is clean or not. */
  readonly head: string;
  readonly context: RunContext;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Looks at the product's work tree. Branch, tag and last good commit come from the CI system where one runs this
 * (Jenkins checks out a detached commit), else from git and the Swarm database.
 */
export async function lookAtCheckout(session: Session, plan: Plan): Promise<Outcome<Checkout>> {
  const product = productOf(session);
  const { environment } = session;
  const opened = await productRepository(session);
  if (!opened.ok) return opened;
  const git = opened.value;
  const head = await git.head();
  if (!head.ok) return head;
  const branch = environment.BRANCH_NAME ?? environment.GIT_BRANCH?.replace(/^origin\//, "");
  const named = branch === undefined ? await git.branch() : succeed(branch);
  if (!named.ok && !named.diagnostics.some(({ code }) => code === "git.detached_head")) return named;
  const tags = environment.TAG_NAME === undefined ? await tagsAt(git, head.value) : succeed([environment.TAG_NAME]);
  if (!tags.ok) return tags;
  const dirty = await uncommitted(git, plan);
  if (!dirty.ok) return dirty;
  const subject: BuildSubject = {
    company: product.company,
    product: product.name,
    commit: dirty.value.length === 0 ? head.value : undefined,
    branch: named.ok ? named.value : undefined,
  };
  const changed = await changedPaths(session, git, subject, head.value, dirty.value);
  if (!changed.ok) return changed;
  return succeed({
    ...subject,
    head: head.value,
    context: { branch: subject.branch, tags: tags.value, environment, changed: changed.value },
    warnings: dirty.value.length > 0 ? [dirtyTree(dirty.value)] : [],
  });
}

async function tagsAt(git: Git, commit: string): Promise<Outcome<string[]>> {
  const tags = await git.tags();
  return tags.ok ? succeed(tags.value.filter((tag) => tag.commit === commit).map((tag) => tag.name)) : tags;
}

/** Paths with changes that are not committed. Reports that the stages themselves write do not count. */
async function uncommitted(git: Git, plan: Plan): Promise<Outcome<string[]>> {
  const status = await git.status();
  if (!status.ok) return status;
  const reports = plan.stages
    .flatMap((stage) => (stage.kind === "parallel" ? stage.branches : stage.kind === "command" ? [stage] : []))
    .flatMap(({ reports: of }) => [...of.junit, ...of.coverage, ...of.sarif]);
  const isReport = reports.length > 0 ? picomatch(reports, { dot: true }) : () => false;
  return succeed(status.value.filter(({ state, path }) => !(state === "??" && isReport(path))).map(({ path }) => path));
}

/** What changed since the newest good build, as Jenkins or the Swarm database knows it; undefined: nothing to compare. */
async function changedPaths(
  session: Session,
  git: Git,
  subject: BuildSubject,
  head: string,
  dirty: readonly string[],
): Promise<Outcome<string[] | undefined>> {
  let base = session.environment.GIT_PREVIOUS_SUCCESSFUL_COMMIT;
  if (base === undefined) {
    const passed = await lastPassed(session.swarm, subject);
    if (!passed.ok) return passed;
    base = passed.value?.commit;
  }
  if (base === undefined) return succeed(undefined);
  // A rewritten or shallow history may have lost that commit; then there is nothing to compare with.
  const known = await git.resolve(base);
  if (!known.ok) return succeed(undefined);
  const change = await git.diff(known.value, head);
  return change.ok ? succeed([...change.value.files.map(({ path }) => path), ...dirty]) : change;
}

function dirtyTree(paths: readonly string[]): Diagnostic {
  const shown = paths.slice(0, 5).join(", ") + (paths.length > 5 ? ` and ${paths.length - 5} more` : "");
  return problem("product", "build.uncommitted_changes", "the work tree has changes that are not committed", {
    severity: "warning",
    details: shown,
    next: "commit them: this build does not count for the checked-out commit",
  });
}

/** The CI system's build in which this process is one stage; undefined outside of one. */
export function ciBuildOf(environment: Session["environment"]): string | undefined {
  if (environment.BUILD_TAG) return environment.BUILD_TAG;
  if (!environment.GITHUB_RUN_ID) return undefined;
  return `github-${environment.GITHUB_RUN_ID}-${environment.GITHUB_RUN_ATTEMPT ?? 1}`;
}
