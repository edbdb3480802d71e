import { basename, dirname, join, resolve } from "node:path";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { makeFolder, writeFileAtomic } from "../core/files.ts";
import { excerptsOf, explainHtml, foldLog, healSection } from "../pillars/heal/explain/index.ts";
import { readLog } from "../pillars/heal/read/index.ts";
import type { BuildFailure, LogReport } from "../pillars/heal/read/report.ts";
import type { HealReport } from "../pillars/heal/report.ts";
import { productOf, type Session } from "../pipeline/session.ts";
import type { StepReport } from "./definition.ts";

/** The page of a heal, where it lies and how a build of Jenkins shows it. */
export interface HealPage {
  readonly name: string;
  readonly digest: string;
  /** As a person finds it; absent where the build archives the folder that it lies in. */
  readonly path?: string;
  readonly url?: string;
}

/**
 * Writes the page of a heal: the cause and the folded log as `explain --html` shows them, with what was tried, the
 * proof, the gates' answers and the diff. No place of it is inside a work tree unless a person names one.
 */
export async function writeHealPage(
  session: Session,
  heal: { readonly report: HealReport; readonly log: string; readonly html: string | undefined },
): Promise<Outcome<HealPage>> {
  const { report, log, html } = heal;
  const { company, name: product, path: root } = productOf(session);
  const source = { path: log };
  const read = inRepository(await readLog(source, { product, stage: report.stage }), root);
  const excerpts = await excerptsOf(source, read.failures);
  const folded = await foldLog(source, read.failures);
  const explanation = { log: `${product} ${report.stage}`, report: read, excerpts };
  const page = session.redactor.redact(explainHtml(explanation, folded, healSection(report)));
  const kept = await session.artifacts.put(Buffer.from(page));
  if (!kept.ok) return kept;
  const own = `heal-${report.stage.replaceAll(/[^\w.-]+/g, "-")}.html`;
  const place = placeOf(session, own, join(company, product, report.commit.slice(0, 12)), html);
  await makeFolder(dirname(place.file));
  await writeFileAtomic(place.file, page);
  const { path, url } = place;
  return succeed({
    name: basename(place.file),
    digest: kept.value.digest,
    ...(path === undefined ? {} : { path }),
    ...(url === undefined ? {} : { url }),
  });
}

/** Places as the repository names them: a page shows no path of the machine that built. */
function inRepository(read: LogReport, root: string): LogReport {
  const local = <F extends BuildFailure | undefined>(failure: F): F =>
    failure?.place?.file.startsWith(`${root}/`)
      ? { ...failure, place: { ...failure.place, file: failure.place.file.slice(root.length + 1) } }
      : failure;
  return { ...read, failures: read.failures.map(local), root: local(read.root) };
}

function placeOf(
  { cwd, environment, homes }: Session,
  name: string,
  folder: string,
  wanted: string | undefined,
): { readonly file: string; readonly path?: string; readonly url?: string } {
  if (wanted !== undefined) return { file: resolve(cwd, wanted), path: wanted };
  const { CODEMONKEYS_RESULT: result, BUILD_URL: build } = environment;
  if (result === undefined) {
    const file = join(homes.state, "reports", folder, name);
    return { file, path: file };
  }
  // The shared library archives what lies in this folder: the work tree stays as it was checked out.
  const url =
    build === undefined ? {} : { url: `${build.replace(/\/*$/, "/")}artifact/codemonkeys/${encodeURIComponent(name)}` };
  return { file: join(dirname(result), "report", "codemonkeys", name), ...url };
}

/** A heal's answer that also names its page. */
export function withPage(answer: StepReport<HealReport>, page: HealPage): StepReport<HealReport> {
  const { name, digest, path, url } = page;
  const shown = answer.display ?? answer.summary.split("\n");
  return {
    ...answer,
    artifacts: [...(answer.artifacts ?? []), { name, digest, ...(path === undefined ? {} : { path }) }],
    links: [...(answer.links ?? []), ...(url === undefined ? [] : [{ title: "what heal did", url }])],
    display: [...shown, ...(path === undefined ? [] : [`page: ${path}`])],
  };
}
