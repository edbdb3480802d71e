/**
 * Makes a version of the Jenkins shared library: `library-VERSION`, a tag of one commit on top of HEAD that adds the built
 * program to `resources/codemonkeys/`, where `libraryResource` finds it. No branch gets that commit: branches stay
 * without built files. Nothing is pushed; the command that does is printed.
 *
 *     node scripts/library-tag.ts VERSION [--built] [--repository PATH]
 *
 * `--built` takes the files that lie in `resources/codemonkeys/` instead of building them anew.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const FILES = ["codemonkeys.mjs", "THIRD-PARTY-NOTICES.txt"].map((name) => `resources/codemonkeys/${name}`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { built: { type: "boolean", default: false }, repository: { type: "string" } },
});
const [version] = positionals;
if (version === undefined || !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) {
  stop("usage: node scripts/library-tag.ts VERSION [--built] [--repository PATH], with a version such as 1.4.0");
}
const root = resolve(values.repository ?? join(import.meta.dirname, ".."));
const tag = `library-${version}`;

if (git(["status", "--porcelain", "--untracked-files=no"]) !== "")
  stop("commit your changes first: a tag is of a commit");
if (git(["tag", "--list", tag]) !== "")
  stop(`there is a tag ${tag} already, and a version that somebody may load is never moved`);
if (!values.built) execFileSync(process.execPath, ["scripts/build.ts", "--minify"], { cwd: root, stdio: "inherit" });
const missing = FILES.filter((file) => !existsSync(join(root, file)));
if (missing.length > 0) stop(`${missing.join(", ")} is not built: npm run build`);

const scratch = mkdtempSync(join(tmpdir(), "codemonkeys-"));
try {
  const index = { GIT_INDEX_FILE: join(scratch, "index") };
  git(["read-tree", "HEAD"], index);
  for (const file of FILES) {
    git(
      ["update-index", "--add", "--cacheinfo", `100644,${git(["hash-object", "-w", "--no-filters", file])},${file}`],
      index,
    );
  }
  const commit = git([
    "commit-tree",
    git(["write-tree"], index),
    "-p",
    "HEAD",
    "-m",
    `build: the library at ${version}`,
  ]);
  git(["tag", "--annotate", tag, commit, "--message", `Code Monkeys Ship ${version}, as a Jenkins shared library`]);
  process.stdout.write(`${tag} is ${commit.slice(0, 12)}. Publish it: git push origin ${tag}\n`);
  process.stdout.write(`Load it: @Library('codemonkeys@${tag}') _\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function git(args: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  return execFileSync("git", args, { cwd: root, env: { ...process.env, ...environment }, encoding: "utf8" }).trim();
}

function stop(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
