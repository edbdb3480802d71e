import { permitOf } from "../constitution/gate.ts";
import type { Pillar } from "../constitution/pillars.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import type { Git, RemoteCredentials } from "../tools/git/git.ts";
import { accountSource, readSource, type SecretSource } from "./secrets/source.ts";

/**
 * How the remote is reached over https: with the token of the company's GitHub account, else the configured one. A
 * variable that is not set means none; an encrypted token is decrypted once the gate allows `secret.read`, and not at all
 * where nothing acts. ssh keys and file paths need no token.
 */
export async function remoteCredentials(
  session: Session,
  git: Git,
  pillar: Pillar,
): Promise<Outcome<RemoteCredentials | undefined>> {
  const url = await git.remoteUrl("origin");
  if (!url.ok || !/^https:\/\//.test(url.value)) return succeed(undefined);
  const account = await githubAccount(session, pillar);
  if (!account.ok) return account;
  const { username, token } = account.value;
  return succeed(token === undefined ? undefined : { username, token }, account.warnings);
}

/** The company's account at GitHub, with its token where it may be read now. */
export interface GitHubAccount {
  readonly username: string;
  readonly token: string | undefined;
  /** Why there is no token, as a clause. */
  readonly missing: string;
  /** Of the company's own GitHub server. */
  readonly url: string | undefined;
}

/** The account that the company's entry in fleet.yaml names, else the configured one; see `remoteCredentials`. */
export async function githubAccount(session: Session, pillar: Pillar): Promise<Outcome<GitHubAccount>> {
  const product = productOf(session);
  const account = session.organisation.fleet.value.companies[product.company]?.accounts.github;
  const source = remoteSource(session);
  const username = account?.user ?? "x-access-token";
  const found = (token: string | undefined, missing = ""): GitHubAccount => {
    return { username, token, missing, url: account?.url };
  };
  if (source.kept === "environment") {
    const token = session.environment[source.name];
    if (!token) return succeed(found(undefined, `the variable ${source.name} with the GitHub token is not bound`));
    session.redactor.add(token);
    return succeed(found(token));
  }
  if (session.half?.does === "work")
    return succeed(found(undefined, `the GitHub token ${source.name} is the act half's (zones: two)`));
  if (session.dryRun)
    return succeed(found(undefined, `the GitHub token ${source.name} is not decrypted where nothing acts`));
  const gate = session.gate.bound({ pillar, attempt: 1, trigger: session.trigger });
  const permit = async (target: { names: string[] }) => permitOf(await gate("secret.read", target, {}));
  const token = await readSource({ session, permit }, source, "GitHub token");
  return token.ok ? succeed(found(token.value), token.warnings) : token;
}

/** Where the token of the product's remote is. */
export function remoteSource(session: Session): SecretSource {
  const { config, company } = productOf(session);
  const account = session.organisation.fleet.value.companies[company]?.accounts.github;
  const named = accountSource(account, `companies.${company}.accounts.github`);
  if (named) return named;
  const secret = config.get("ship.github.token_secret");
  if (secret !== undefined) return { kept: "encrypted", name: secret, from: "ship.github.token_secret" };
  return { kept: "environment", name: config.get("ship.github.token_env"), from: "ship.github.token_env" };
}
