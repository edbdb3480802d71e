import { join } from "node:path";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder } from "../../core/files.ts";
import type { Redactor } from "../../core/redact.ts";
import { ensureVenv } from "../python/venv.ts";
import { runWork } from "../sandbox/sandbox.ts";

/** Pinned; the site's own plugins are named by the product (`requirements`, pinned too). */
const MKDOCS = "mkdocs==1.6.1";

export interface SiteBuild {
  /** What MkDocs warned of; with a strict build each warning is a failure. */
  readonly problems: readonly Diagnostic[];
  readonly durationMs: number;
  readonly isolated: boolean;
}

/**
 * Builds a MkDocs site strictly into `siteDir`. The site's configuration may name plugins and hooks, which are code of
 * the product, so it is built in the work half. Needs a writable `siteDir` outside the work tree or in it.
 */
export async function buildSite(options: {
  readonly root: string;
  readonly siteDir: string;
  readonly requirements: readonly string[];
  readonly logFile: string;
  readonly timeoutMs: number;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}): Promise<Outcome<SiteBuild>> {
  const venv = await ensureVenv("mkdocs", [MKDOCS, ...options.requirements], {
    signal: options.signal,
    wheelsOnly: true,
  });
  if (!venv.ok) return venv;
  // Only what exists can be made visible in the work half.
  await makeFolder(options.siteDir);
  const lines: string[] = [];
  const result = await runWork(
    `exec "$CODEMONKEYS_MKDOCS" build --strict --clean --config-file mkdocs.yml --site-dir "$CODEMONKEYS_SITE"`,
    {
      cwd: options.root,
      logFile: options.logFile,
      timeoutMs: options.timeoutMs,
      redactor: options.redactor,
      network: "none",
      signal: options.signal,
      env: { CODEMONKEYS_MKDOCS: venv.value.bin("mkdocs"), CODEMONKEYS_SITE: options.siteDir, NO_COLOR: "1" },
      visible: [venv.value.directory, join(venv.value.python, "..", "..")],
      writable: [options.siteDir],
      onLine(line) {
        lines.push(line);
        options.onLine?.(line);
      },
    },
  );
  if (result.ended === "timeout") {
    return fail(
      problem("product", "docs.timeout", `mkdocs did not end within ${Math.round(options.timeoutMs / 1000)} s`),
    );
  }
  const problems = problemsOf(lines);
  if (result.exitCode !== 0 && problems.length === 0) {
    return fail(
      problem(
        "product",
        "docs.build_failed",
        `mkdocs ended with exit code ${result.exitCode ?? result.signal ?? "unknown"}`,
        {
          details: lines.slice(-12).join("\n"),
          where: { file: "mkdocs.yml" },
        },
      ),
    );
  }
  return succeed({ problems, durationMs: result.durationMs, isolated: result.isolated });
}

/** MkDocs' `WARNING -  …` and `ERROR   -  …` lines as diagnostics, with the page that they name. */
function problemsOf(lines: readonly string[]): Diagnostic[] {
  return lines.flatMap((line) => {
    const match = /^(WARNING|ERROR)\s+-\s+(.*)$/.exec(line.trim());
    if (!match) return [];
    const message = match[2] ?? "";
    const page = /Doc file '([^']+)'/.exec(message)?.[1];
    return [
      problem("product", match[1] === "ERROR" ? "docs.error" : "docs.warning", message, {
        where: { file: page ? `docs/${page}` : "mkdocs.yml" },
      }),
    ];
  });
}
