import * as z from "zod";
import { canonicalJson, type Json, sha256 } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { ArtifactStore } from "../../swarm/artifacts.ts";
import type { FileChange } from "./candidate.ts";

/** What the work half hands to the act half: the edit as whole files, and what it was proven with. Named by digest. */
const patchSchema = z.strictObject({
  version: z.literal(1),
  /** The commit that it applies to. */
  base: z.string(),
  files: z.array(
    z.strictObject({
      path: z.string(),
      /** SHA-256 of the old text; null for a new file. */
      before: z.string().nullable(),
      /** The new text; null for a deleted file. */
      after: z.string().nullable(),
      executable: z.boolean(),
    }),
  ),
});
export type Patch = z.infer<typeof patchSchema>;

const evidenceSchema = z.strictObject({
  version: z.literal(1),
  base: z.string(),
  patch: z.string(),
  stage: z.string(),
  command: z.string(),
  occurrence: z.string(),
  pattern: z.string(),
  /** Digests of the logs: the one that was handed in, and those of the two runs in worktrees. */
  logs: z.strictObject({ failed: z.string(), reproduced: z.string(), verified: z.string() }),
  reproduced: z.boolean(),
  failing: z.enum(["passed", "failed"]),
  suite: z.enum(["passed", "failed"]),
  isolated: z.boolean(),
  isolation: z.string(),
  source: z.enum(["template", "builtin", "search", "model"]),
  trust: z.number(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export function patchOf(base: string, changes: readonly FileChange[]): Patch {
  return {
    version: 1,
    base,
    files: changes.map((change) => ({
      path: change.path,
      before: change.before === undefined ? null : sha256(change.before),
      after: change.after ?? null,
      executable: change.executable === true,
    })),
  };
}

/** Stores a patch or evidence as canonical JSON; its digest names it from then on. */
export async function store(artifacts: ArtifactStore, value: Patch | Evidence): Promise<Outcome<string>> {
  const put = await artifacts.put(Buffer.from(canonicalJson(value as unknown as Json)));
  return put.ok ? succeed(put.value.digest) : put;
}

export function readPatch(artifacts: ArtifactStore, digest: string): Promise<Outcome<Patch>> {
  return readStored(artifacts, digest, patchSchema, "patch");
}

export function readEvidence(artifacts: ArtifactStore, digest: string): Promise<Outcome<Evidence>> {
  return readStored(artifacts, digest, evidenceSchema, "evidence");
}

async function readStored<S extends z.ZodType>(
  artifacts: ArtifactStore,
  digest: string,
  schema: S,
  what: string,
): Promise<Outcome<z.infer<S>>> {
  const bytes = await artifacts.read(digest);
  if (!bytes.ok) return bytes;
  const parsed = schema.safeParse(JSON.parse(Buffer.from(bytes.value).toString("utf8")));
  if (parsed.success) return succeed(parsed.data);
  return fail(
    problem("internal", "heal.unreadable_artifact", `the stored ${what} ${digest.slice(0, 12)} is of another version`, {
      next: "run the heal again with --fresh",
    }),
  );
}

/** A patch as changes again, against the texts it expects; fails when a file at the base is not what was patched. */
export async function changesOf(
  patch: Patch,
  readBase: (path: string) => Promise<string | undefined>,
): Promise<Outcome<readonly FileChange[]>> {
  const changes: FileChange[] = [];
  for (const file of patch.files) {
    const before = await readBase(file.path);
    if ((before === undefined ? null : sha256(before)) !== file.before) {
      return fail(
        problem("product", "heal.file_changed", `${file.path} is not as the patch expects it`, {
          where: { file: file.path },
          next: "run the heal again: it starts from the file as it is",
        }),
      );
    }
    changes.push({
      path: file.path,
      before,
      after: file.after ?? undefined,
      ...(file.executable ? { executable: true as const } : {}),
    });
  }
  return succeed(changes);
}
