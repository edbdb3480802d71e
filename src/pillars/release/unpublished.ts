import * as z from "zod";
import { readRun } from "../../swarm/journal.ts";
import type { Swarm } from "../../swarm/open.ts";
import { artifactSchema } from "./report.ts";

const workSchema = z.object({ artifacts: z.array(artifactSchema) });

/**
 * The artefacts of a stopped release, a line each: which are published, and which are kept, by their digest in the
 * artefact store, for the command that goes on. Undefined when nothing was built yet.
 */
export async function artifactLines(swarm: Swarm, run: string): Promise<string | undefined> {
  const read = await readRun(swarm, run);
  if (!read.ok) return undefined;
  const done = new Map(
    read.value.steps.flatMap(({ name, state, value }) => (state === "done" ? [[name, value] as const] : [])),
  );
  const work = workSchema.safeParse(done.get("work"));
  if (!work.success || work.data.artifacts.length === 0) return undefined;
  return work.data.artifacts
    .map(({ ecosystem, package: name, file, sha256 }) => {
      const published = done.has(`publish.${ecosystem}.${name}`);
      return `${published ? "published" : "kept     "}  ${file}  sha256 ${sha256}`;
    })
    .join("\n");
}
