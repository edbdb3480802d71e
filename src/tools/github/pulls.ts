import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { sha256 } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import type { GitHub } from "./client.ts";
import type { GitHubRepository } from "./repository.ts";

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: "open" | "closed" | "merged";
  /** The commit at its head. */
  readonly commit: string;
}

interface PullJson {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly merged_at: string | null;
  readonly head: { readonly sha: string };
}

function pullOf(json: PullJson): PullRequest {
  const state = json.state === "open" ? "open" : json.merged_at === null ? "closed" : "merged";
  return { number: json.number, url: json.html_url, state, commit: json.head.sha };
}

const nameOf = ({ owner, name }: GitHubRepository) => `${owner}/${name}`;

/**
 * The pull request of a branch: the open one, else the newest that was made of the same commit, which people have closed
 * or merged since and nobody opens again.
 */
export async function findPullRequest(
  github: GitHub,
  repository: GitHubRepository,
  of: { readonly branch: string; readonly into?: string; readonly commit?: string },
): Promise<Outcome<PullRequest | undefined>> {
  const listed = await github.call(`the pull requests of ${nameOf(repository)}`, (octokit) =>
    octokit.rest.pulls.list({
      owner: repository.owner,
      repo: repository.name,
      head: `${repository.owner}:${of.branch}`,
      state: "all",
      ...(of.into === undefined ? {} : { base: of.into }),
      per_page: 100,
    }),
  );
  if (!listed.ok) return listed;
  const pulls = (listed.value.data as readonly PullJson[]).map(pullOf);
  return succeed(
    pulls.find(({ state }) => state === "open") ??
      pulls.find(({ commit }) => of.commit === undefined || commit === of.commit),
  );
}

/** Opens a pull request for a branch that is pushed. One that is open already is found and not made twice. */
export async function openPullRequest(
  permit: Permit<"pr.open">,
  target: Target<"pr.open">,
  request: {
    readonly github: GitHub;
    readonly repository: GitHubRepository;
    readonly title: string;
    readonly body: string;
  },
): Promise<Outcome<PullRequest>> {
  const { github, repository, title, body } = request;
  const { branch, into, commit } = target;
  return await perform(permit, "pr.open", target, async () => {
    const there = await findPullRequest(github, repository, { branch, into, commit });
    if (!there.ok) return there;
    if (there.value) return succeed(there.value);
    const made = await github.call(`a pull request of ${branch} in ${nameOf(repository)}`, (octokit) =>
      octokit.rest.pulls.create({
        owner: repository.owner,
        repo: repository.name,
        head: branch,
        base: into,
        title,
        body,
        maintainer_can_modify: true,
      }),
    );
    if (made.ok) return succeed(pullOf(made.value.data));
    // A repeated request may have met the one that came through although its answer was lost.
    const after = await findPullRequest(github, repository, { branch, into, commit });
    return after.ok && after.value ? succeed(after.value) : made;
  });
}

/** Closes a pull request; one that is closed stays so. What people have merged is refused, since closing undoes nothing. */
export async function closePullRequest(
  permit: Permit<"pr.close">,
  target: Target<"pr.close">,
  { github, repository }: { readonly github: GitHub; readonly repository: GitHubRepository },
): Promise<Outcome<PullRequest>> {
  const what = `pull request ${target.number} of ${nameOf(repository)}`;
  const at = { owner: repository.owner, repo: repository.name, pull_number: target.number };
  return await perform(permit, "pr.close", target, async () => {
    const read = await github.call(what, (octokit) => octokit.rest.pulls.get(at));
    if (!read.ok) return read;
    const pull = pullOf(read.value.data);
    if (pull.state === "closed") return succeed(pull);
    if (pull.state === "merged") {
      return fail(
        problem("product", "github.merged", `${what} was merged and cannot be closed`, {
          next: "revert its commit instead",
        }),
      );
    }
    const closed = await github.call(what, (octokit) => octokit.rest.pulls.update({ ...at, state: "closed" }));
    return closed.ok ? succeed(pullOf(closed.value.data)) : closed;
  });
}

/** Digest of a comment's text, which its target names. */
export function commentDigest(text: string): string {
  return sha256(text);
}

/** The address of the comment that carries a key, where people don't see it. */
export async function findComment(
  github: GitHub,
  repository: GitHubRepository,
  of: { readonly number: number; readonly key: string },
): Promise<Outcome<string | undefined>> {
  const at = { owner: repository.owner, repo: repository.name, issue_number: of.number };
  const listed = await github.call(`the comments of pull request ${of.number} of ${nameOf(repository)}`, (octokit) =>
    octokit.paginate(octokit.rest.issues.listComments, { ...at, per_page: 100 }),
  );
  if (!listed.ok) return listed;
  return succeed(listed.value.find(({ body }) => body?.includes(markOf(of.key)))?.html_url);
}

/** Comments on a pull request, once for each key. Answers the comment's address. */
export async function commentPullRequest(
  permit: Permit<"pr.comment">,
  target: Target<"pr.comment">,
  request: {
    readonly github: GitHub;
    readonly repository: GitHubRepository;
    readonly text: string;
    readonly key: string;
  },
): Promise<Outcome<string>> {
  const { github, repository, text, key } = request;
  const { number } = target;
  return await perform(permit, "pr.comment", target, async () => {
    if (commentDigest(text) !== target.digest) {
      return fail(problem("policy", "github.comment_differs", "the comment is not the one that was allowed"));
    }
    const there = await findComment(github, repository, { number, key });
    if (!there.ok) return there;
    if (there.value !== undefined) return succeed(there.value);
    const made = await github.call(`a comment on pull request ${number} of ${nameOf(repository)}`, (octokit) =>
      octokit.rest.issues.createComment({
        owner: repository.owner,
        repo: repository.name,
        issue_number: number,
        body: `${text}\n\n${markOf(key)}`,
        // Not repeated after a 5xx: it may have come through, and the next call would see that.
        request: { retries: 0 },
      }),
    );
    return made.ok ? succeed(made.value.data.html_url) : made;
  });
}

function markOf(key: string): string {
  return `<!-- codemonkeys ${key} -->`;
}
