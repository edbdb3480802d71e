import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { checkName, npmFailed, parseJson, type RegistryOptions, saysNotFound, withNpm } from "./npm.ts";

/** The message with which a version is deprecated; undefined when it is not, or not there at all. */
export async function npmDeprecated(
  name: string,
  version: string,
  options: RegistryOptions = {},
): Promise<Outcome<string | undefined>> {
  const named = checkName(name, version);
  if (!named.ok) return named;
  return withNpm(options, async (npm, registry) => {
    const viewed = await npm(["view", "--json", "--prefer-online", "--", `${name}@${version}`, "deprecated"]);
    if (!viewed.ok) return viewed;
    if (viewed.value.exitCode !== 0) {
      return saysNotFound(viewed.value) ? succeed(undefined) : fail(npmFailed("view", registry, viewed.value));
    }
    const said = parseJson(viewed.value.stdout);
    return succeed(typeof said === "string" && said !== "" ? said : undefined);
  });
}

/** Marks a published version as deprecated: it stays there, and whoever installs it reads the message. */
export function npmDeprecate(
  permit: Permit<"package.retract">,
  target: Target<"package.retract">,
  { message, ...options }: RegistryOptions & { readonly message: string },
): Promise<Outcome<void>> {
  return perform(permit, "package.retract", target, async () => {
    const named = checkName(target.name, target.version);
    if (!named.ok) return named;
    return withNpm({ ...options, registry: target.registry }, async (npm, registry) => {
      const done = await npm(["deprecate", "--", `${target.name}@${target.version}`, message]);
      if (!done.ok) return done;
      return done.value.exitCode === 0 ? succeed(undefined) : fail(npmFailed("deprecate", registry, done.value));
    });
  });
}
