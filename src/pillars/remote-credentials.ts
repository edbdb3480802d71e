import { productOf, type Session } from "../pipeline/session.ts";
import type { Git, RemoteCredentials } from "../tools/git/git.ts";

/**
 * How the remote is reached over https: with the token of the company's GitHub account, else the configured variable's.
 * ssh keys and file paths need no token.
 */
export async function remoteCredentials(session: Session, git: Git): Promise<RemoteCredentials | undefined> {
  const url = await git.remoteUrl("origin");
  if (!url.ok || !/^https:\/\//.test(url.value)) return undefined;
  const product = productOf(session);
  const account = session.organisation.fleet.value.companies[product.company]?.accounts.github;
  const token = session.environment[account?.token_env ?? product.config.get("ship.github.token_env")];
  if (!token) return undefined;
  session.redactor.add(token);
  return { username: account?.user ?? "x-access-token", token };
}
