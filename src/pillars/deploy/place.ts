import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { didYouMean } from "../../core/suggest.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { type DeployEntry, type Host, hostsOf } from "./hosts.ts";

export type { DeployEntry };

/** Where an environment of a product is. */
export interface Place {
  readonly entry: DeployEntry;
  /** How each server is reached, by its name; `localhost` alone where nothing names any. */
  readonly hosts: Readonly<Record<string, Host>>;
}

/** The environment that is asked for, or the only one there is, and its servers. */
export async function placeOf(session: Session, environment: string | undefined): Promise<Outcome<Place>> {
  const product = productOf(session);
  const { value: spec, place } = product.spec;
  const names = spec.deploy.map((one) => one.environment);
  const entry =
    environment === undefined
      ? spec.deploy.length === 1
        ? spec.deploy[0]
        : undefined
      : spec.deploy.find((one) => one.environment === environment);
  if (entry === undefined) {
    if (names.length === 0) {
      return fail(
        problem("config", "deploy.nowhere", `SPEC.md does not say where ${product.name} is deployed`, {
          where: place([]),
          next: "add to SPEC.md: deploy: [{ environment: staging, servers: [NAME] }]",
        }),
      );
    }
    const meant = environment === undefined ? undefined : didYouMean(environment, names);
    const message =
      environment === undefined
        ? `${product.name} has ${names.length} environments`
        : `${product.name} has no environment ${environment}${meant ? `; did you mean ${meant}?` : ""}`;
    return fail(
      problem("config", "deploy.which_environment", message, {
        where: place(["deploy"]),
        next: `give --environment with one of: ${names.join(", ")}`,
      }),
    );
  }
  const hosts = await hostsOf(session, entry);
  return hosts.ok ? succeed({ entry, hosts: hosts.value }) : hosts;
}
