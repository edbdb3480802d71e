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
  const product = productOf(session);
  const account = session.organisation.fleet.value.companies[product.company]?.accounts.github;
  const username = account?.user ?? "x-access-token";
  const source = remoteSource(session);
  if (source.kept === "environment") {
    const token = session.environment[source.name];
    if (!token) return succeed(undefined);
    session.redactor.add(token);
    return succeed({ username, token });
  }
  if (session.dryRun) return succeed(undefined);
  const gate = session.gate.bound({ pillar, attempt: 1, trigger: session.trigger });
  const permit = async (target: { names: string[] }) => permitOf(await gate("secret.read", target, {}));
  const token = await readSource({ session, permit }, source, "GitHub token");
  return token.ok ? succeed({ username, token: token.value }, token.warnings) : token;
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
