import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Ecosystem } from "../../ecosystems/ecosystem.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import { type OpenProduct, productOf, type Session } from "../../pipeline/session.ts";
import { type Acting, permitFor } from "../acting.ts";
import { provenanceKey } from "../release/provenance.ts";
import type { ReleasePlan } from "../release/report.ts";
import { secretsReady, type Wanted } from "../secrets/read.ts";
import { accountSource, readSource, type SecretSource } from "../secrets/source.ts";

/** Where a package goes and which secret opens the door; the secret itself is read in the act half only. */
export interface Destination {
  /** Undefined: the ecosystem's tool knows. */
  readonly url: string | undefined;
  readonly token: SecretSource;
}

/**
 * The registry of a product's ecosystem: address and token of the company's account in fleet.yaml, else those of the
 * product's or organisation's config. Undefined when publishing there is switched off.
 */
export function destinationOf(
  session: Session,
  product: OpenProduct,
  ecosystem: Ecosystem,
): Outcome<Destination | undefined> {
  const setting = product.config.get(ecosystem.registryOption);
  if (!setting.enabled) return succeed(undefined);
  const account = session.organisation.fleet.value.companies[product.company]?.accounts[ecosystem.account];
  const url = setting.url ?? account?.url;
  const path = `companies.${product.company}.accounts.${ecosystem.account}`;
  const token = accountSource(account, path) ?? settingSource(setting, ecosystem.registryOption);
  if (token) return succeed({ url, token });
  return fail(
    problem("secret", "publish.no_token_variable", `nothing says where the ${ecosystem.title} token is`, {
      next: `set ${path}.token_env (a variable) or ${path}.secret (an encrypted entry) in fleet.yaml`,
    }),
  );
}

function settingSource(
  { token_env, token_secret }: { readonly token_env: string | undefined; readonly token_secret: string | undefined },
  option: string,
): SecretSource | undefined {
  if (token_secret !== undefined) return { kept: "encrypted", name: token_secret, from: `${option}.token_secret` };
  return token_env === undefined ? undefined : { kept: "environment", name: token_env, from: `${option}.token_env` };
}

/** Whether the encrypted tokens that a release will need are there: told before its first effect, not in the middle. */
export async function tokensReady(session: Session, plan: Pick<ReleasePlan, "units">): Promise<Outcome<void>> {
  const ids = new Set(
    plan.units.flatMap(({ packages }) => packages.filter(({ publish }) => publish).map((one) => one.ecosystem)),
  );
  const key = ids.size > 0 ? provenanceKey(productOf(session)) : undefined;
  const wanted: Wanted[] =
    key?.kept === "encrypted" ? [{ names: [key.name], ...(key.owners ? { owners: key.owners } : {}) }] : [];
  for (const id of ids) {
    const to = destinationOf(session, productOf(session), ECOSYSTEMS[id]);
    // What else may be wrong with it is told where the package is published.
    if (!to.ok || to.value?.token.kept !== "encrypted") continue;
    const { name, owners } = to.value.token;
    wanted.push({ names: [name], ...(owners ? { owners } : {}) });
  }
  return await secretsReady(session, wanted);
}

/** Reads the token, once the gate allows it. From here on it is redacted from everything that is written. */
export async function readToken(
  acting: Acting,
  ecosystem: Ecosystem,
  { token }: Destination,
): Promise<Outcome<string>> {
  const asking = {
    session: acting.session,
    permit: (target: { names: string[] }) => permitFor(acting, "secret.read", target),
  };
  return await readSource(asking, token, `${ecosystem.title} token`);
}
