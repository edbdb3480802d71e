import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "../../core/canonical.ts";
import type { Outcome } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import type { PlaybookOptions } from "../../tools/ansible/ansible.ts";
import { inventoryOf } from "./inventory.ts";
import type { Place } from "./place.ts";
import { artifactVariable, deployPlaybook } from "./playbook.ts";
import type { Deployable } from "./report.ts";

/** What a deploy playbook is played with. */
export interface Playing {
  readonly place: Place;
  readonly artifact: Deployable;
  /** All variables but the artefact's path, which is another one each time. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Puts the file and the inventory where the playbook finds them, and takes them away again. */
export async function withPlaybook<T>(
  session: Session,
  { place, artifact, variables }: Playing,
  work: (options: PlaybookOptions) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const playbook = await deployPlaybook(session, place.entry, artifact);
  if (!playbook.ok) return playbook;
  const stored = await session.artifacts.path(artifact.sha256);
  if (!stored.ok) return stored;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-deploy-"));
  try {
    const file = join(scratch, artifact.file);
    await copyFile(stored.value, file);
    const inventory = await inventoryOf(session, place, scratch);
    if (!inventory.ok) return inventory;
    return await work({
      playbook: playbook.value,
      ...inventory.value,
      extraVars: { ...variables, [artifactVariable(variables)]: file } as Readonly<Record<string, Json>>,
      redactor: session.redactor,
      signal: session.signal,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
