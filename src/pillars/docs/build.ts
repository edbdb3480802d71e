import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { buildSite } from "../../tools/mkdocs/mkdocs.ts";

export interface DocsReport {
  readonly site: "mkdocs" | "none";
  readonly pages: number;
  /** Where the site was written, relative to the product; absent when it was only checked. */
  readonly site_dir: string | undefined;
}

const TIMEOUT_MS = 10 * 60_000;

/** Builds the product's documentation strictly: a broken link, a missing page or an unknown option fails the stage. */
export async function buildDocs(
  session: Session,
  options: { readonly siteDir: string | undefined },
): Promise<Outcome<DocsReport>> {
  const product = productOf(session);
  if (product.spec.value.docs.site === "none") {
    return succeed({ site: "none", pages: 0, site_dir: undefined });
  }
  if (!existsSync(join(product.path, "mkdocs.yml"))) {
    return fail(
      problem(
        "product",
        "docs.no_site",
        "the documentation is a MkDocs site unless the spec says otherwise, and there is no mkdocs.yml",
        {
          where: product.spec.place(["docs"]),
          next: "codemonkeys generate writes the skeleton of a site; `docs: { site: none }` in SPEC.md goes without one",
        },
      ),
    );
  }
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-docs-"));
  try {
    const siteDir = options.siteDir ? join(product.path, options.siteDir) : join(scratch, "site");
    return await task(
      session.emit,
      "docs",
      "building the documentation",
      async (progress): Promise<Outcome<DocsReport>> => {
        const built = await buildSite({
          root: product.path,
          siteDir,
          requirements: [],
          logFile: join(session.homes.state, "logs", product.name, "docs.log"),
          timeoutMs: TIMEOUT_MS,
          redactor: session.redactor,
          signal: session.signal,
          onLine: progress,
        });
        if (!built.ok) return built;
        if (built.value.problems.length > 0) return fail(...built.value.problems);
        const files = await readdir(siteDir, { recursive: true });
        const pages = files.filter((file) => file.endsWith(".html") && file !== "404.html").length;
        return succeed({ site: "mkdocs", pages, site_dir: options.siteDir });
      },
      (outcome) =>
        outcome.ok
          ? { title: `documentation builds strictly: ${outcome.value.pages} pages` }
          : { state: "failed", title: "the documentation does not build" },
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
