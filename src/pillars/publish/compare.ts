import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Artifact, PublishedFile } from "../../ecosystems/ecosystem.ts";

/** How what a registry shows stands to what was built. */
export interface Standing {
  /** Built files that the registry does not show. */
  readonly missing: readonly string[];
  /** Built files that it shows with our bytes. */
  readonly same: readonly string[];
}

/**
 * Compares built files with those that a registry shows of the version, by the digests that the registry tells. A file
 * with other bytes is a failure: a published version is never overwritten.
 */
export function compareFiles(
  what: string,
  built: readonly Artifact[],
  shown: readonly PublishedFile[] | undefined,
): Outcome<Standing> {
  if (shown === undefined) return succeed({ missing: built.map(({ file }) => file), same: [] });
  const missing: string[] = [];
  const same: string[] = [];
  for (const artifact of built) {
    // A registry that keeps one file a version (npm, cargo) may call it by another name.
    const there =
      shown.find(({ file }) => file === artifact.file) ??
      (built.length === 1 && shown.length === 1 ? shown[0] : undefined);
    if (!there) {
      missing.push(artifact.file);
    } else if (artifact[there.algorithm] === there.digest) {
      same.push(artifact.file);
    } else {
      return fail(
        problem(
          "product",
          "publish.other_bytes",
          `${what} is published already with other bytes than were built here`,
          {
            details: `${there.algorithm} there ${there.digest}\n${there.algorithm} here ${artifact[there.algorithm]}`,
            next: "nothing was overwritten. Find out who published it; then give this release up (codemonkeys release rollback --version …) and make one with a free version (codemonkeys release --release-as …)",
          },
        ),
      );
    }
  }
  return succeed({ missing, same });
}
