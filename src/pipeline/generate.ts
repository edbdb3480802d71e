import { join } from "node:path";
import { perform } from "../constitution/effect.ts";
import { permitOf } from "../constitution/gate.ts";
import type { Target } from "../core/action.ts";
import { digestOf, sha256 } from "../core/canonical.ts";
import { fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { writeFileAtomic } from "../core/files.ts";
import { gitFacts } from "../tools/git/git.ts";
import { type GeneratedFile, handEdits, type InspectedFile, inspectGenerated, isDrift } from "./generated.ts";
import type { Session } from "./session.ts";
import { repositoryAt } from "./session-git.ts";

export interface GenerateReport {
  /** Every file that is generated, and how it stood before. */
  readonly files: readonly InspectedFile[];
  /** Paths that differ from what would be generated; empty after a run that wrote them. */
  readonly drift: readonly string[];
  readonly written: readonly string[];
  /** Paths that a dry run would write. */
  readonly planned: readonly string[];
}

/** The repository that generated files go into. */
export interface GeneratedPlace {
  /** Root of its work tree. */
  readonly path: string;
  /** Its identity in targets. */
  readonly repository: string;
}

/**
 * Brings a repository's generated files up to date, under the permit `files.generate`. What was edited by hand is not
 * overwritten unless `force` says so, and then nothing else is written either. With `check` nothing is written: the
 * report's `drift` says what would be.
 */
export async function generateFiles(
  session: Session,
  place: GeneratedPlace,
  files: readonly GeneratedFile[],
  options: { readonly check: boolean; readonly force: boolean },
): Promise<Outcome<GenerateReport>> {
  const inspected = await inspectGenerated(place.path, files);
  if (!inspected.ok) return inspected;
  const drifting = inspected.value.filter(isDrift).map(({ file }) => file);
  const report: GenerateReport = {
    files: inspected.value,
    drift: drifting.map(({ path }) => path),
    written: [],
    planned: [],
  };
  if (options.check || drifting.length === 0) return succeed(report);
  const edits = options.force ? [] : handEdits(inspected.value);
  if (edits.length > 0) return fail(...edits);

  const git = await repositoryAt(session, place.path);
  if (!git.ok) return git;
  const facts = await gitFacts(git.value);
  if (!facts.ok) return facts;
  const target = targetOf(place.repository, drifting);
  const gate = session.gate.bound({ pillar: "generate" });
  if (session.dryRun) {
    const decision = await gate.preview("files.generate", target, facts.value);
    if (decision.answer !== "allow") return fail(decision.diagnostic);
    return succeed({ ...report, planned: report.drift });
  }
  const permit = permitOf(await gate("files.generate", target, facts.value));
  if (!permit.ok) return permit;
  const written = await perform(permit.value, "files.generate", target, () => write(place.path, drifting));
  return written.ok ? succeed({ ...report, drift: [], written: report.drift }, written.warnings) : written;
}

/** Which files, and exactly which bytes. */
export function targetOf(repository: string, files: readonly GeneratedFile[]): Target<"files.generate"> {
  const digests = Object.fromEntries(files.map(({ path, text }) => [path, sha256(text)]));
  return { repository, paths: files.map(({ path }) => path).sort(), digest: digestOf(digests) };
}

async function write(root: string, files: readonly GeneratedFile[]): Promise<Outcome<void>> {
  // Looked at again right before writing: the gate's answer may have taken a while.
  const again = await inspectGenerated(root, files);
  if (!again.ok) return again;
  for (const { path, text } of files) {
    try {
      await writeFileAtomic(join(root, path), text);
    } catch (error) {
      return fail(
        problem("infrastructure", "generate.unwritable", `cannot write ${path}: ${messageOf(error)}`, {
          next: "make it writable, or free some space, and run it again: what is written stays",
        }),
      );
    }
  }
  return succeed(undefined);
}
