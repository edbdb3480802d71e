import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { slug } from "../../pipeline/spec-words.ts";
import { lastApplied } from "../infra/outputs.ts";

const address = z.string().regex(/^[A-Za-z0-9.:_-]+$/, "a host name or address");
const server = z
  .strictObject({ host: address, port: z.int().min(1).max(65_535).nullish(), user: slug.nullish() })
  // An optional attribute that is not set is null in OpenTofu.
  .transform(({ host, port, user }) => ({ host, port: port ?? undefined, user: user ?? undefined }));

/** The output `hosts`: an address for each server's name, or what fleet.yaml would say of it. */
const hostsSchema = z.record(slug, z.union([address.transform((host) => ({ host })), server]));

interface Address {
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
}

/** What an environment's infrastructure says to its deployments. */
export interface InfraHosts {
  /** Undefined where the configuration has no output `hosts`. */
  readonly hosts: Readonly<Record<string, Address>> | undefined;
  /** All other outputs that are not sensitive. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly destroyed: boolean;
}

/** The outputs of the newest `infra apply` of an environment; undefined where there was none, or SPEC.md asks for none. */
export async function infraHosts(session: Session, environment: string): Promise<Outcome<InfraHosts | undefined>> {
  const { spec, name, company } = productOf(session);
  if (!spec.value.infrastructure?.environments.includes(environment)) return succeed(undefined);
  const applied = await lastApplied(session, environment);
  if (!applied.ok || applied.value === undefined) return applied.ok ? succeed(undefined) : applied;
  const { outputs, destroyed } = applied.value;
  const { hosts: said, ...variables } = outputs;
  const hosts = said === undefined ? undefined : hostsSchema.safeParse(said);
  const refused = (message: string, details: string) =>
    fail(
      problem("config", "deploy.infra_hosts", message, {
        where: spec.place(["infrastructure"]),
        next: 'output "hosts" is a map: { web-1 = "10.0.0.1" }, or { web-1 = { host = "10.0.0.1", port = 2200, user = "ops" } }',
        details,
      }),
    );
  if (hosts?.success === false) {
    return refused(`the output hosts of ${name}'s ${environment} names no servers`, z.prettifyError(hosts.error));
  }
  const { servers } = session.organisation.fleet.value;
  for (const [server, { host }] of Object.entries(hosts?.data ?? {})) {
    const theirs = Object.entries(servers).find(([, one]) => one.host === host && one.company !== company);
    if (theirs)
      return refused(`the output hosts of ${name}'s ${environment} names a server of ${theirs[1].company}`, server);
  }
  return succeed({ hosts: hosts?.data, variables, destroyed });
}
