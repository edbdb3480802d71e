import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { craneFailed, inClient, type RegistryReader } from "./registry.ts";

/**
 * Lets moving tags (`latest`, `1.5`) name another version's image again. The version's own tag stays: who asked for
 * exactly it still gets it.
 */
export function retagImage(
  permit: Permit<"package.retract">,
  target: Target<"package.retract">,
  tags: readonly { readonly tag: string; readonly to: string }[],
  reader: RegistryReader,
): Promise<Outcome<void>> {
  return perform(permit, "package.retract", target, () =>
    inClient(target.name, reader, async (crane, repository) => {
      for (const { tag, to } of tags) {
        const moved = await crane(["tag", `${repository}:${to}`, tag]);
        if (!moved.ok) return moved;
        if (moved.value.exitCode !== 0) return fail(craneFailed("tag", repository, moved.value));
      }
      return succeed(undefined);
    }),
  );
}
