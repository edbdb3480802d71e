import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Ecosystem } from "../../ecosystems/ecosystem.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import { type OpenProduct, productOf, type Session } from "../../pipeline/session.ts";
import { type Acting, permitFor } from "../acting.ts";
import { provenanceKey } from "../release/provenance.ts";
import type { PlannedPackage, ReleasePlan } from "../release/report.ts";
import { secretsReady, type Wanted } from "../secrets/read.ts";
import { accountSource, hasToken, missingToken, readSource, type SecretSource } from "../secrets/source.ts";

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

/**
 * Whether the tokens are there that publishing will need: told before a release's first effect, and all at once. Of an
 * encrypted one that there is an entry which can be opened; what is published already needs none.
 *
 * @param done names of the run's finished steps
 */
export async function tokensReady(
  session: Session,
  plan: Pick<ReleasePlan, "units">,
  done: ReadonlySet<string>,
): Promise<Outcome<void>> {
  const packages = plan.units.flatMap((unit) => unit.packages.filter(({ publish }) => publish));
  const key = packages.length > 0 ? provenanceKey(productOf(session)) : undefined;
  const wanted: Wanted[] =
    key?.kept === "encrypted" ? [{ names: [key.name], ...(key.owners ? { owners: key.owners } : {}) }] : [];
  const missing: Diagnostic[] = [];
  for (const id of new Set(packages.filter((pkg) => !done.has(publishStep(pkg))).map((pkg) => pkg.ecosystem))) {
    const to = destinationOf(session, productOf(session), ECOSYSTEMS[id]);
    // What else may be wrong with it is told where the package is published.
    if (!to.ok || !to.value) continue;
    const { token } = to.value;
    if (!hasToken(session, token)) missing.push(missingToken(token, `${ECOSYSTEMS[id].title} token`));
    if (token.kept === "encrypted")
      wanted.push({ names: [token.name], ...(token.owners ? { owners: token.owners } : {}) });
  }
  const ready = await secretsReady(session, wanted);
  return missing.length === 0 ? ready : fail(...missing, ...(ready.ok ? [] : ready.diagnostics));
}

/** The journal's name of publishing a package. */
export function publishStep({ ecosystem, name }: Pick<PlannedPackage, "ecosystem" | "name">): string {
  return `publish.${ecosystem}.${name}`;
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
