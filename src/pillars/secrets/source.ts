import { perform } from "../../constitution/effect.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import type { Owner } from "./files.ts";
import { type Asking, readSecrets } from "./read.ts";

/** Where one token is found. It is read in the act half only. */
export interface SecretSource {
  /** `environment`: a variable, as CI binds it. `encrypted`: an entry of a SOPS file. */
  readonly kept: "environment" | "encrypted";
  /** The variable's or the entry's name. */
  readonly name: string;
  /** Who says so: for the message when it is missing. */
  readonly from: string;
  /** Whose encrypted files it may be in. */
  readonly owners?: readonly Owner[];
}

/** What names a token: an account of fleet.yaml or a key of the configuration. */
export interface TokenNames {
  readonly token_env?: string | undefined;
  readonly secret?: string | undefined;
}

/** The source that an account of fleet.yaml names, if it names one. An account is the company's, and so is its secret. */
export function accountSource(account: TokenNames | undefined, path: string): SecretSource | undefined {
  if (account?.secret !== undefined) {
    return { kept: "encrypted", name: account.secret, from: `${path}.secret in fleet.yaml`, owners: ["company"] };
  }
  if (account?.token_env === undefined) return undefined;
  return { kept: "environment", name: account.token_env, from: `${path}.token_env in fleet.yaml` };
}

/** Whether there is something to read: a variable that is set, or an entry that somebody named. The value is not looked at. */
export function hasToken({ environment }: Session, { kept, name }: SecretSource): boolean {
  return kept === "encrypted" || Boolean(environment[name]?.trim());
}

/** That a variable with a token is not set. */
export function missingToken({ name, from }: SecretSource, title: string): Diagnostic {
  return problem("secret", "publish.no_token", `the ${title} is missing: ${name} is not set`, {
    next: `export ${name}=… before the command (in Jenkins: bind it as a credential); ${from} names the variable`,
  });
}

/**
 * Reads the token, once the gate allows it. From here on it is redacted from everything that is written.
 *
 * @param title what it is a token of, as in "the npm token is missing"
 */
export async function readSource(asking: Asking, source: SecretSource, title: string): Promise<Outcome<string>> {
  const { name, owners } = source;
  if (source.kept === "encrypted") {
    const read = await readSecrets(asking, { names: [name], ...(owners ? { owners } : {}) });
    return read.ok ? succeed((read.value.get(name) as string).trim(), read.warnings) : read;
  }
  const target = { names: [name] };
  const permit = await asking.permit(target);
  if (!permit.ok) return permit;
  return await perform(permit.value, "secret.read", target, async () => {
    const token = asking.session.environment[name]?.trim();
    if (!token) return fail(missingToken(source, title));
    asking.session.redactor.add(token);
    return succeed(token);
  });
}
