import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { runWork } from "../../tools/sandbox/sandbox.ts";
import type { ReleasePlan, ReleaseUnit } from "./report.ts";

/** What the work half built for a tag that contains built files; digests name them in the artefact store. */
export interface BuiltTag {
  readonly tag: string;
  readonly files: readonly { readonly path: string; readonly digest: string }[];
}

const BUILD_MS = 1_800_000;

/** The unit and the tag that the spec asks for beside the release's own; undefined where it asks for none. */
export function builtTagOf(
  session: Session,
  plan: Pick<ReleasePlan, "product" | "units">,
): { readonly unit: ReleaseUnit; readonly tag: string } | undefined {
  const wanted = productOf(session).spec.value.release.built_tag;
  const unit = plan.units.find(({ name }) => name === plan.product);
  return wanted && unit && { unit, tag: wanted.name.replaceAll("{version}", unit.version) };
}

/** Builds the files of such a tag in a work tree that has the release's versions already. Work half: product code runs. */
export async function buildForTag(
  session: Session,
  plan: ReleasePlan,
  root: string,
): Promise<Outcome<BuiltTag | undefined>> {
  const wanted = productOf(session).spec.value.release.built_tag;
  const of = builtTagOf(session, plan);
  if (!wanted || !of) return succeed(undefined);
  return await task(
    session.emit,
    `release.build.${of.tag}`,
    `${of.tag}: build`,
    async (progress) => {
      const done = await runWork(wanted.command, {
        cwd: root,
        network: "host",
        timeoutMs: BUILD_MS,
        logFile: join(session.homes.state, "logs", `release-${plan.product}-${of.unit.version}-tag.log`),
        redactor: session.redactor,
        signal: session.signal,
        homes: session.homes,
        onLine: progress,
      });
      if (done.exitCode !== 0) {
        return fail(
          problem("product", "release.tag_build_failed", `what ${of.tag} is to contain cannot be built`, {
            details: `${done.stdout}\n${done.stderr}`.trim().slice(-4000),
            next: `${wanted.command} shows the same failure; release.built_tag of SPEC.md names it`,
          }),
        );
      }
      const files: BuiltTag["files"][number][] = [];
      for (const path of wanted.files) {
        const kept = await keep(session, root, path);
        if (!kept.ok) return kept;
        files.push({ path, digest: kept.value });
      }
      return succeed<BuiltTag | undefined>({ tag: of.tag, files });
    },
    (done) => (done.ok ? { title: `${of.tag}: built ${wanted.files.length} files` } : { state: "failed" }),
  );
}

async function keep(session: Session, root: string, path: string): Promise<Outcome<string>> {
  const place = join(root, path);
  try {
    const real = await realpath(place);
    // Product code made it: a link could lead to any file of this machine.
    if (real.startsWith(`${await realpath(root)}${sep}`) && (await stat(real)).isFile()) {
      const stored = await session.artifacts.put({ path: real });
      return stored.ok ? succeed(stored.value.digest) : stored;
    }
    return noFile(path, "it is no ordinary file of the product");
  } catch (error) {
    return noFile(path, messageOf(error));
  }
}

function noFile(path: string, why: string): Outcome<never> {
  return fail(
    problem("product", "release.tag_file_missing", `the build did not leave ${path}: ${why}`, {
      next: "release.built_tag of SPEC.md names its files",
    }),
  );
}
