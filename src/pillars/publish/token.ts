import { perform } from "../../constitution/effect.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Ecosystem } from "../../ecosystems/ecosystem.ts";
import type { OpenProduct, Session } from "../../pipeline/session.ts";
import { type Acting, permitFor } from "../release/acting.ts";

/** Where a package goes and which secret opens the door; the secret itself is read in the act half only. */
export interface Destination {
  /** Undefined: the ecosystem's tool knows. */
  readonly url: string | undefined;
  /** The environment variable that holds the token. */
  readonly variable: string;
  /** Who says so: for the message when it is missing. */
  readonly from: string;
}

/**
 * The registry of a product's ecosystem: address and token variable of the company's account in fleet.yaml, else those
 * of the product's or organisation's config. Undefined when publishing there is switched off.
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
  if (account?.secret !== undefined) {
    return fail(
      problem(
        "secret",
        "publish.encrypted_secret",
        `the ${ecosystem.title} token is the encrypted secret ${account.secret}, which cannot be read here yet`,
        { next: `name an environment variable instead: ${path}.token_env in fleet.yaml` },
      ),
    );
  }
  if (account?.token_env !== undefined) {
    return succeed({ url, variable: account.token_env, from: `${path}.token_env in fleet.yaml` });
  }
  if (setting.token_env !== undefined) {
    return succeed({ url, variable: setting.token_env, from: `${ecosystem.registryOption}.token_env` });
  }
  return fail(
    problem("secret", "publish.no_token_variable", `nothing says which variable holds the ${ecosystem.title} token`, {
      next: `set ${path}.token_env in fleet.yaml`,
    }),
  );
}

/** Reads the token, once the gate allows it. From here on it is redacted from everything that is written. */
export async function readToken(
  acting: Acting,
  ecosystem: Ecosystem,
  { variable, from }: Destination,
): Promise<Outcome<string>> {
  const target = { names: [variable] };
  const permit = await permitFor(acting, "secret.read", target);
  if (!permit.ok) return permit;
  return await perform(permit.value, "secret.read", target, async () => {
    const token = acting.session.environment[variable]?.trim();
    if (!token) {
      return fail(
        problem("secret", "publish.no_token", `the ${ecosystem.title} token is missing: ${variable} is not set`, {
          next: `export ${variable}=… before the command (in Jenkins: bind it as a credential); ${from} names the variable`,
        }),
      );
    }
    acting.session.redactor.add(token);
    return succeed(token);
  });
}
