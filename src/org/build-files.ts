import { rm } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../core/canonical.ts";
import type { BuildArtifact, BuildRef, TestResults } from "../core/ci-backend.ts";
import { type Diagnostic, type Outcome, succeed } from "../core/diagnostic.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import type { ProductCi } from "./ci.ts";

/** An artefact that has more bytes is left where it is. */
const MOST_BYTES = 256 * 1024 * 1024;

/** What a build left with its CI system, besides its log. */
export interface BuildFiles {
  readonly tests: TestResults | undefined;
  readonly artifacts: readonly (BuildArtifact & { readonly paths: readonly string[] })[];
}

/**
 * Reads what a build's tests came to and what it kept; `copy` brings the files into the cache, in a folder of that build,
 * made anew. One that cannot be had is a warning: the others are still of use.
 */
export async function buildFiles(
  session: Session,
  { backend }: ProductCi,
  ref: BuildRef,
  { copy }: { readonly copy: boolean },
): Promise<Outcome<BuildFiles>> {
  const tests = await backend.tests(ref);
  if (!tests.ok) return tests;
  const listed = await backend.artifacts(ref);
  if (!listed.ok) return listed;
  const { name } = productOf(session);
  const of = digestOf({ backend: ref.backend, job: ref.job, build: ref.id }).slice(0, 12);
  const folder = join(session.homes.cache, "ci-artifacts", name, of);
  if (copy) await rm(folder, { recursive: true, force: true });
  const artifacts: BuildFiles["artifacts"][number][] = [];
  const warnings: Diagnostic[] = [];
  for (const one of listed.value) {
    const copied = copy ? await backend.download(ref, one.name, { folder, mostBytes: MOST_BYTES }) : succeed([]);
    if (!copied.ok) warnings.push(...copied.diagnostics.map((said) => ({ ...said, severity: "warning" as const })));
    artifacts.push({ ...one, paths: copied.ok ? copied.value : [] });
  }
  return succeed({ tests: tests.value, artifacts }, warnings);
}
