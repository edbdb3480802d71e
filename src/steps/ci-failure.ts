import type { BuildRef, BuildStatus, CiBackend } from "../core/ci-backend.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { type Plan, stageNames } from "../pipeline/plan.ts";
import type { Session } from "../pipeline/session.ts";
import { type Failure, findFailure } from "./heal-failure.ts";

/**
 * The failure of a red build of the product's CI system. The local runner has kept each stage's log; another system's log
 * is read from it, and its first failed stage that the plan knows is the one.
 */
export async function failureOfCi(
  session: Session,
  plan: Plan,
  of: {
    readonly backend: CiBackend;
    readonly build: Pick<BuildStatus, "ref" | "stages">;
    readonly commit: string;
    readonly branch: string;
  },
  wanted: string | undefined,
): Promise<Outcome<Failure>> {
  const { backend, build, commit, branch } = of;
  if (backend.name === "local") return await findFailure(session, plan, { build: build.ref.id, stage: wanted });
  const log = await logOfCi(session, backend, build.ref);
  if (!log.ok) return log;
  const known = stageNames(plan);
  const failed = build.stages.find(({ name, state }) => state === "failed" && known.includes(name))?.name;
  const found = await findFailure(session, plan, { log: log.value, stage: wanted ?? failed });
  return found.ok ? succeed({ ...found.value, commit, branch }) : found;
}

/** The whole log of a CI system's build, redacted and kept in the artefact store; its path. */
export async function logOfCi(session: Session, backend: CiBackend, ref: BuildRef): Promise<Outcome<string>> {
  const parts: string[] = [];
  for (let offset = 0; ; ) {
    const part = await backend.log(ref, offset);
    if (!part.ok) return part;
    parts.push(part.value.text);
    if (!part.value.more || part.value.next === offset) break;
    offset = part.value.next;
  }
  const kept = await session.artifacts.put(Buffer.from(session.redactor.redact(parts.join(""))));
  return kept.ok ? await session.artifacts.path(kept.value.digest) : kept;
}
