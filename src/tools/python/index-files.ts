import { tmpdir } from "node:os";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";
import { getText, shown } from "../http/get.ts";
import { findPython } from "./interpreter.ts";
import { PIP_VARIABLES } from "./venv.ts";

/** A file that a Python package index offers. */
export interface IndexFile {
  readonly filename: string;
  readonly url: string;
  /** Lower-case hex; undefined when the index does not tell it. */
  readonly sha256: string | undefined;
  readonly yanked: boolean;
}

export interface IndexOptions {
  /** Address of the simple API (`…/simple/`); default: the index that pip itself is set up for. */
  readonly index?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/**
 * All files of a project on an index, none when the index does not know it. Reads the simple repository API: JSON
 * (PEP 691) where offered, else HTML (PEP 503).
 */
export async function indexFiles(project: string, options: IndexOptions = {}): Promise<Outcome<IndexFile[]>> {
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(project)) {
    return fail(problem("config", "python.bad_name", `${JSON.stringify(project)} is not a name of a Python project`));
  }
  const index = options.index === undefined ? await pipIndex() : succeed(options.index);
  if (!index.ok) return index;
  const url = `${index.value.replace(/\/*$/, "")}/${normalizedName(project)}/`;
  const { headers, address } = withBasicAuth(url);
  const got = await getText(address, { headers: { accept: ACCEPT, ...headers }, signal: options.signal });
  if (!got.ok) return got;
  const { status, body } = got.value;
  if (status === 404) return succeed([]);
  if (status === 401 || status === 403) {
    return fail(
      problem("secret", "python.index_not_authorised", `the index ${shown(url)} refused to be read (${status})`, {
        next: "check the index's credentials",
      }),
    );
  }
  if (status !== 200) {
    return fail(problem("infrastructure", "python.index_failed", `the index ${shown(url)} answered ${status}`));
  }
  const type = got.value.headers.get("content-type") ?? "";
  return type.includes("json") ? filesFromJson(body, address) : succeed(filesFromHtml(body, address));
}

/** PEP 503: runs of `-`, `_` and `.` are one `-`, lower case. */
export function normalizedName(project: string): string {
  return project.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

/** The version that a distribution's file name carries, undefined when it belongs to another project. */
export function versionOfFile(filename: string, project: string): string | undefined {
  const wheel = /^(.+?)-([^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl$/.exec(filename);
  const sdist = /^(.+)-([^-]+)\.(?:tar\.gz|zip)$/.exec(filename);
  const match = wheel ?? sdist;
  return match?.[1] && normalizedName(match[1]) === normalizedName(project) ? match[2] : undefined;
}

let pipsOwn: Promise<Outcome<string>> | undefined;

/** The index that pip is set up for, or pip's built-in default: asked of pip, since no address is written here. */
export function pipIndex(): Promise<Outcome<string>> {
  pipsOwn ??= askPip();
  return pipsOwn;
}

const ASK = `
from pip._internal.configuration import Configuration
from pip._internal.models.index import PyPI
configuration = Configuration(isolated=False)
configuration.load()
values = dict()
for key, value in configuration.items():
    values.update(value if isinstance(value, dict) else {key: value})
print(next((values[key] for key in (":env:.index-url", "install.index-url", "global.index-url") if key in values), PyPI.simple_url))
`;

async function askPip(): Promise<Outcome<string>> {
  const python = await findPython();
  if (!python.ok) return python;
  const result = await runProcess(python.value.path, ["-c", ASK], {
    cwd: tmpdir(),
    timeoutMs: 30_000,
    inherit: PIP_VARIABLES,
  });
  const index = result.stdout.trim();
  if (result.exitCode === 0 && URL.canParse(index)) return succeed(index);
  return fail(
    problem("infrastructure", "python.no_index", "pip did not say which index it uses", {
      details: result.stderr.slice(-2000),
      next: "set the index in the product's config, or repair pip",
    }),
  );
}

function withBasicAuth(url: string): { address: string; headers: Record<string, string> } {
  const parsed = new URL(url);
  if (parsed.username === "") return { address: url, headers: {} };
  const pair = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  parsed.username = "";
  parsed.password = "";
  return { address: parsed.href, headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}

function filesFromJson(body: string, base: string): Outcome<IndexFile[]> {
  let files: unknown;
  try {
    files = (JSON.parse(body) as { files?: unknown }).files;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!Array.isArray(files)) {
    return fail(
      problem(
        "infrastructure",
        "python.index_nonsense",
        `the index ${shown(base)} answered with something else than its API's JSON`,
      ),
    );
  }
  return succeed(
    files.flatMap(
      (file: { filename?: unknown; url?: unknown; hashes?: { sha256?: unknown }; yanked?: unknown }): IndexFile[] => {
        if (typeof file?.filename !== "string" || typeof file.url !== "string" || !URL.canParse(file.url, base))
          return [];
        const sha256 = typeof file.hashes?.sha256 === "string" ? file.hashes.sha256.toLowerCase() : undefined;
        const yanked = file.yanked !== undefined && file.yanked !== false;
        return [{ filename: file.filename, url: new URL(file.url, base).href, sha256, yanked }];
      },
    ),
  );
}

function filesFromHtml(body: string, base: string): IndexFile[] {
  return [...body.matchAll(/<a\s([^>]*)>([^<]*)<\/a>/gi)].flatMap(([, attributes = "", text = ""]): IndexFile[] => {
    const href = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(attributes);
    const target = unescapeHtml(href?.[1] ?? href?.[2] ?? "");
    if (target === "" || !URL.canParse(target, base)) return [];
    const url = new URL(target, base);
    const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(url.hash)?.[1]?.toLowerCase();
    url.hash = "";
    return [
      { filename: unescapeHtml(text.trim()), url: url.href, sha256, yanked: /\bdata-yanked\b/i.test(attributes) },
    ];
  });
}

function unescapeHtml(text: string): string {
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => named[name] ?? "");
}
