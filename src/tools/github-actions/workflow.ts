import { parse } from "yaml";
import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { absentAsUndefined, type GitHub } from "../github/client.ts";
import type { GitHubRepository } from "../github/repository.ts";

/** A workflow file on a branch: how this backend spells a job, `ci.yml@main`. */
export interface Workflow {
  readonly file: string;
  readonly branch: string;
}

/** Reads `ci.yml@main`; the file alone is not enough, since every branch has its own. */
export function workflowOf(job: string): Outcome<Workflow> {
  const match = /^([\w.-]+\.ya?ml)@(.+)$/.exec(job);
  if (match?.[1] && match[2]) return succeed({ file: match[1], branch: match[2] });
  return fail(
    problem("config", "github_actions.bad_job", `${job} does not name a workflow: FILE.yml@BRANCH`, {
      next: "set ci.job, for instance to ci.yml@{branch}",
    }),
  );
}

/** Names of the inputs with which a workflow can be started by hand; fails when it can't be started so. */
export async function dispatchInputs(
  github: GitHub,
  { owner, name }: GitHubRepository,
  { file, branch }: Workflow,
): Promise<Outcome<readonly string[]>> {
  const what = `workflow ${file} of ${owner}/${name} on ${branch}`;
  const path = `.github/workflows/${file}`;
  const read = absentAsUndefined(
    await github.call(what, (octokit) => octokit.rest.repos.getContent({ owner, repo: name, path, ref: branch })),
  );
  if (!read.ok) return read;
  const content = read.value?.data as { readonly content?: string } | undefined;
  if (content?.content === undefined) {
    return fail(
      problem("config", "github_actions.unknown_workflow", `there is no ${what}, or this token may not see it`, {
        next: "check ci.job, and that the token may read the repository's contents",
      }),
    );
  }
  const on = triggersOf(Buffer.from(content.content, "base64").toString("utf8"));
  if (!on.ok) return on;
  if (on.value === undefined) {
    return fail(
      problem("config", "github_actions.not_dispatchable", `the ${what} cannot be started from outside`, {
        where: { file: path },
        next: "add `workflow_dispatch:` under its `on:`",
      }),
    );
  }
  return succeed(on.value);
}

/** Undefined without `workflow_dispatch`. YAML 1.2, in which `on` is a name and not true. */
function triggersOf(text: string): Outcome<readonly string[] | undefined> {
  try {
    const { on } = (parse(text) ?? {}) as { readonly on?: unknown };
    if (on === "workflow_dispatch") return succeed([]);
    if (Array.isArray(on)) return succeed(on.includes("workflow_dispatch") ? [] : undefined);
    if (typeof on !== "object" || on === null || !("workflow_dispatch" in on)) return succeed(undefined);
    const dispatch = on.workflow_dispatch as { readonly inputs?: Readonly<Record<string, unknown>> } | null;
    return succeed(Object.keys(dispatch?.inputs ?? {}));
  } catch (error) {
    return fail(problem("product", "github_actions.bad_workflow", `the workflow is no YAML: ${messageOf(error)}`));
  }
}
