/**
 * How fast versions and changelogs are planned over a generated repository of 25,000 commits and 10,000 tags, beside
 * what people use for it from npm, on the same repository in the same run. `npm run bench release`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConventionalChangelog } from "conventional-changelog";
import { CommitParser } from "conventional-commits-parser";
import { changesOf, type HistoryCommit, messageReader } from "../src/pillars/release/changes.ts";
import { readMessage } from "../src/pillars/release/commit.ts";
import { forgeOf } from "../src/pillars/release/forge.ts";
import { rangeReader, transitionsOf } from "../src/pillars/release/history.ts";
import { releaseNotes } from "../src/pillars/release/notes.ts";
import { predictVersion } from "../src/pillars/release/predict.ts";
import { readHistory } from "../src/pillars/release/replay.ts";
import { DEFAULT_RULES } from "../src/pipeline/release-rules.ts";
import { type Git, openRepository } from "../src/tools/git/git.ts";

const COMMITS = 25_000;
const TAGS = 10_000;
const LIMIT_MS = 2_000;

/** A linear history by `git fast-import`: every message form there is, a tag on two of five commits. */
function generate(directory: string): void {
  execFileSync("git", ["init", "-q", "-b", "main", directory]);
  const forms = [
    (n: number) => `fix(api): handle case ${n}\n`,
    (n: number) => `feat(ui): add view ${n} (#${n})\n\nLonger text about it.\n\nCloses #${n}\n`,
    (n: number) => `chore(deps): bump thing from 1.${n} to 1.${n + 1}\n\nSigned-off-by: A <a@localhost>\n`,
    (n: number) => `docs: explain ${n}\n`,
    (n: number) => `perf: faster ${n}\n\nRefs: ${"abcdef0123"}\nReviewed-by: B\n`,
    (n: number) => `Squashed work (#${n})\n\n* feat: part one of ${n}\n\n* fix: part two of ${n}\n`,
    (n: number) => `refactor(core)!: change ${n}\n\nBREAKING CHANGE: call it ${n}\n`,
  ];
  const parts: string[] = [];
  let version = [0, 1, 0];
  let tags = 0;
  for (let n = 1; n <= COMMITS; n++) {
    const message = (forms[n % 97 === 0 ? 6 : n % 6] as (n: number) => string)(n);
    const who = `Person ${n % 40} <p${n % 40}@localhost> ${1_500_000_000 + n * 60} +0000`;
    parts.push(
      `commit refs/heads/main\nmark :${n}\nauthor ${who}\ncommitter ${who}\ndata ${Buffer.byteLength(message)}\n${message}\n`,
    );
    parts.push(`M 100644 inline file\ndata ${String(n).length}\n${n}\n`);
    if (Math.floor((n * TAGS) / COMMITS) === tags) continue;
    tags++;
    version =
      tags % 50 === 0
        ? [(version[0] as number) + 1, 0, 0]
        : tags % 3 === 0
          ? [version[0] as number, (version[1] as number) + 1, 0]
          : [version[0] as number, version[1] as number, (version[2] as number) + 1];
    parts.push(`tag v${version.join(".")}\nfrom :${n}\ntagger ${who}\ndata 1\nx\n`);
  }
  const made = spawnSync("git", ["fast-import", "--quiet"], { cwd: directory, input: parts.join("") });
  if (made.status !== 0) throw new Error(String(made.stderr));
  execFileSync("git", ["pack-refs", "--all"], { cwd: directory });
}

async function timed<T>(work: () => T | Promise<T>): Promise<{ ms: number; value: T }> {
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, value };
}

async function best<T>(times: number, work: () => T | Promise<T>): Promise<{ ms: number; value: T }> {
  let found = await timed(work);
  for (let n = 1; n < times; n++) {
    const next = await timed(work);
    if (next.ms < found.ms) found = next;
  }
  return found;
}

/** Reads the repository, predicts every release's version and writes every release's notes. */
async function everything(git: Git) {
  const history = await readHistory(git);
  if (!history.ok) throw new Error(history.diagnostics[0]?.message);
  const forge = forgeOf("https://github.com/acme/bench");
  const read = messageReader(DEFAULT_RULES);
  const range = rangeReader(history.value);
  let bytes = 0;
  let versions = 0;
  for (const transition of transitionsOf(history.value, "")) {
    const { tag, previousStable } = transition;
    const commits = range(previousStable?.commit, tag.commit);
    const changes = changesOf(commits, DEFAULT_RULES, read);
    const version = predictVersion({ transition, commits, earlier: [], at: 0 }, changes, DEFAULT_RULES);
    if (version !== undefined) versions++;
    const previousTag = previousStable?.tag;
    bytes += releaseNotes({
      product: "bench",
      version: tag.spelling,
      tag: tag.tag,
      previousTag,
      changes: changes.changes,
      forge,
    }).length;
  }
  return { releases: versions, bytes, commits: history.value.commits };
}

function raw(commit: HistoryCommit): string {
  return commit.body === "" ? commit.subject : `${commit.subject}\n\n${commit.body}`;
}

/** The newest releases only: it starts one git for each. */
const PEER_RELEASES = 200;

async function peerChangelog(directory: string, releases: number): Promise<number> {
  const changelog = new ConventionalChangelog(directory)
    .package({ name: "bench", version: "0.0.0" })
    .options({ releaseCount: releases });
  let bytes = 0;
  for await (const part of changelog.write()) bytes += part.length;
  return bytes;
}

const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-bench-"));
try {
  const repository = join(scratch, "repository");
  generate(repository);
  const opened = await openRepository(repository);
  if (!opened.ok) throw new Error(opened.diagnostics[0]?.message);
  const git = opened.value;

  const all = await best(3, () => everything(git));
  const gitAlone = await best(3, () => git.log("HEAD"));
  const tagsAlone = await best(3, () => git.tags());
  const commits = all.value.commits;

  const options = { squash: "all", mergeTitles: true, types: new Set(Object.keys(DEFAULT_RULES.types)) } as const;
  const ours = await best(3, () => commits.map(({ subject, body }) => readMessage(subject, body, options)).length);
  const parser = new CommitParser();
  const peer = await best(3, () => commits.map((commit) => parser.parse(raw(commit))).length);

  const theirs = await timed(() => peerChangelog(repository, PEER_RELEASES));
  const perRelease = { ours: all.ms / TAGS, theirs: theirs.ms / PEER_RELEASES };
  const rows = {
    "whole history: versions and notes": `${all.ms.toFixed(0)} ms (limit ${LIMIT_MS})`,
    "  of it git log and tags": `${(gitAlone.ms + tagsAlone.ms).toFixed(0)} ms`,
    "releases, bytes of notes": `${all.value.releases}, ${all.value.bytes}`,
    "parse all messages, ours": `${ours.ms.toFixed(0)} ms`,
    "parse all messages, conventional-commits-parser": `${peer.ms.toFixed(0)} ms (${(peer.ms / ours.ms).toFixed(1)} times ours)`,
    "a release's notes, ours over all releases": `${perRelease.ours.toFixed(2)} ms`,
    [`a release's notes, conventional-changelog over ${PEER_RELEASES}`]: `${perRelease.theirs.toFixed(2)} ms (${(perRelease.theirs / perRelease.ours).toFixed(0)} times ours; ${theirs.value} bytes)`,
    "peak memory": `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  };
  console.log(rows);
  if (all.ms > LIMIT_MS) process.exitCode = 1;
} finally {
  await rm(scratch, { recursive: true, force: true });
}
