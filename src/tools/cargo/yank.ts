import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { readBounded, shown, unreachable } from "../http/get.ts";
import { crateRegistry, crateVersion, type RegistryQuery } from "./registry.ts";

/** `yanked` when the index says so; undefined when it does not, or does not have the version. */
export async function crateYanked(
  name: string,
  version: string,
  query: RegistryQuery,
): Promise<Outcome<string | undefined>> {
  const seen = await crateVersion(name, version, query);
  return seen.ok ? succeed(seen.value?.yanked ? "yanked" : undefined) : seen;
}

/** Yanks a version: what is locked to it still builds, and nothing new chooses it. Its bytes stay. */
export function yankCrate(
  permit: Permit<"package.retract">,
  target: Target<"package.retract">,
  query: RegistryQuery & { readonly token: string },
): Promise<Outcome<void>> {
  return perform(permit, "package.retract", target, async () => {
    const registry = await crateRegistry(query);
    if (!registry.ok) return registry;
    const { api } = registry.value;
    if (api === undefined) return fail(problem("config", "cargo.no_api", "the crate registry's index names no API"));
    const path = `/api/v1/crates/${encodeURIComponent(target.name)}/${encodeURIComponent(target.version)}/yank`;
    const answer = await remove(`${api}${path}`, query);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    const details = query.redactor ? query.redactor.redact(body.slice(0, 2000)) : "";
    if ([401, 403].includes(status)) {
      return fail(
        problem("secret", "cargo.not_authorised", `${shown(api)} refused the token (${status})`, { details }),
      );
    }
    if (status === 200 && !/"errors"/.test(body)) return succeed(undefined);
    return fail(
      problem("infrastructure", "cargo.yank_failed", `${shown(api)} did not yank ${target.name} (${status})`, {
        details,
      }),
    );
  });
}

async function remove(
  url: string,
  { token, signal }: RegistryQuery & { readonly token: string },
): Promise<Outcome<{ readonly status: number; readonly body: string }>> {
  const timeout = AbortSignal.timeout(60_000);
  try {
    const response = await fetch(url, {
      method: "DELETE",
      headers: { authorization: token },
      redirect: "manual",
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
    return succeed({ status: response.status, body: (await readBounded(response, ANSWER_BYTES)) ?? "" });
  } catch (error) {
    return fail(unreachable(url, error));
  }
}

const ANSWER_BYTES = 64 * 1024;
