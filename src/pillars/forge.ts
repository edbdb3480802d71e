import type { Pillar } from "../constitution/pillars.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import type { Git } from "../tools/git/git.ts";
import { connectGitHub, type GitHub } from "../tools/github/client.ts";
import { type GitHubRepository, githubRepository } from "../tools/github/repository.ts";
import { githubAccount } from "./remote-credentials.ts";

/** Where pull requests and releases of the product are made. */
export interface Forge {
  readonly github: GitHub;
  readonly repository: GitHubRepository;
}

/** The forge of the product's remote, reached with the company's account; else why there is none, as a clause. */
export async function forgeOf(
  session: Session,
  git: Git,
  pillar: Pillar,
  options: { readonly timeoutMs?: number } = {},
): Promise<Outcome<Forge | { readonly missing: string }>> {
  const url = await git.remoteUrl("origin");
  if (!url.ok) return url;
  const company = session.organisation.fleet.value.companies[productOf(session).company];
  const repository = githubRepository(url.value, company?.accounts.github?.url);
  if (!repository) return succeed({ missing: "this remote has no forge that a pull request could be opened on" });
  const account = await githubAccount(session, pillar);
  if (!account.ok) return account;
  const { token, missing } = account.value;
  if (token === undefined) return succeed({ missing });
  const { swarm, signal } = session;
  return succeed({ github: connectGitHub({ api: repository.api, token, swarm, signal, ...options }), repository });
}
