/**
 * How fast versions and changelogs are planned over a generated repository of 25,000 commits and 10,000 tags, beside
 * what people use for it (git-cliff, conventional-changelog, semantic-release's commit-analyzer), on the same repository
 * in the same run: `npm run bench release`. Peers that are no dependency are installed by npm into a scratch folder.
 * `--out FILE` writes the figures as JSON.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ConventionalChangelog } from "conventional-changelog";
import { CommitParser } from "conventional-commits-parser";
import { changesOf, type HistoryCommit, messageReader } from "../src/pillars/release/changes.ts";
import { readMessage } from "../src/pillars/release/commit.ts";
import { forgeOf } from "../src/pillars/release/forge.ts";
import { rangeReader, transitionsOf } from "../src/pillars/release/history.ts";
import { releaseNotes } from "../src/pillars/release/notes.ts";
import { planRelease } from "../src/pillars/release/plan.ts";
import { predictVersion } from "../src/pillars/release/predict.ts";
import { readHistory } from "../src/pillars/release/replay.ts";
import { DEFAULT_RULES } from "../src/pipeline/release-rules.ts";
import type { OpenProduct } from "../src/pipeline/session.ts";
import { readSpec } from "../src/pipeline/spec.ts";
import { type Git, openRepository } from "../src/tools/git/git.ts";

const COMMITS = 25_000;
const TAGS = 10_000;
const LIMIT_MS = 2_000;
const INCREMENTAL_LIMIT_MS = 50;
const PEERS = ["git-cliff@2.14.2", "@semantic-release/commit-analyzer@13.0.1"];

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

/** A git that counts how long its answers take, milliseconds. */
function timing(git: Git): { git: Git; spent: () => number } {
  let total = 0;
  const wrapped = new Proxy(git, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        const start = performance.now();
        try {
          return await member.apply(target, args);
        } finally {
          total += performance.now() - start;
        }
      };
    },
  });
  return { git: wrapped, spent: () => total };
}

/** Plans the next release of the repository, as `release plan` does: what it takes beside git's own time. */
async function incremental(repository: string): Promise<{ ms: number; git: number; version: string | undefined }> {
  const spec = readSpec("---\nproduct: bench\ncompany: acme\n---\n# Bench\nText.\n", { file: "SPEC.md" });
  if (!spec.ok) throw new Error(spec.diagnostics[0]?.message);
  const opened = await openRepository(repository);
  if (!opened.ok) throw new Error(opened.diagnostics[0]?.message);
  const head = await opened.value.head();
  if (!head.ok) throw new Error(head.diagnostics[0]?.message);
  const product = { name: "bench", repository: "https://github.com/acme/bench", spec: spec.value } as OpenProduct;
  const { git, spent } = timing(opened.value);
  const start = performance.now();
  const plan = await planRelease(product, git, { branch: "main", commit: head.value, time: 0 }, { at: 0 });
  if (!plan.ok) throw new Error(plan.diagnostics[0]?.message);
  return { ms: performance.now() - start - spent(), git: spent(), version: plan.value.units[0]?.version };
}

/** git-cliff over the newest releases: over all 10,000 tags it was still at it after seven minutes on a busy machine. */
function gitCliff(peers: string, repository: string, from: string): { ms: number; bytes: number } {
  const start = performance.now();
  const done = spawnSync(
    join(peers, "node_modules", ".bin", "git-cliff"),
    ["--repository", repository, "--config", "keepachangelog", `${from}..HEAD`],
    { encoding: "utf8", maxBuffer: 1 << 28, cwd: repository },
  );
  if (done.status !== 0) throw new Error(`git-cliff: ${done.stderr || done.error?.message}`);
  return { ms: performance.now() - start, bytes: Buffer.byteLength(done.stdout) };
}

/** The level of every release by semantic-release's analyser, with the preset whose rules are the specification's. */
async function analyser(peers: string, releases: readonly { hash: string; message: string }[][]): Promise<number> {
  const require = createRequire(join(peers, "package.json"));
  const { analyzeCommits } = await import(pathToFileURL(require.resolve("@semantic-release/commit-analyzer")).href);
  const logger = { log: () => {}, error: () => {}, success: () => {} };
  let levels = 0;
  for (const commits of releases) if (await analyzeCommits({}, { cwd: peers, commits, logger })) levels++;
  return levels;
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

  const peers = join(scratch, "peers");
  const installed = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--prefix", peers, ...PEERS], {
    encoding: "utf8",
  });
  if (installed.status !== 0) throw new Error(`npm install ${PEERS.join(" ")}: ${installed.stderr}`);
  const history = await readHistory(git);
  if (!history.ok) throw new Error(history.diagnostics[0]?.message);
  const range = rangeReader(history.value);
  const transitions = transitionsOf(history.value, "");
  const newest = transitions.slice(-PEER_RELEASES);
  const cliff = gitCliff(peers, repository, newest[0]?.previous?.tag ?? "HEAD");
  const releases = newest.map(({ tag, previousStable }) =>
    range(previousStable?.commit, tag.commit).map((commit) => ({ hash: commit.id, message: raw(commit) })),
  );
  const analysed = await timed(() => analyser(peers, releases));
  const levels = await best(3, () => {
    const read = messageReader(DEFAULT_RULES);
    let found = 0;
    for (const { tag, previousStable } of transitions) {
      const { level } = changesOf(range(previousStable?.commit, tag.commit), DEFAULT_RULES, read);
      if (level !== "none") found++;
    }
    return found;
  });
  for (const subject of ["feat: one", "fix: two", "docs: three"]) {
    execFileSync(
      "git",
      ["-c", "user.name=P", "-c", "user.email=p@localhost", "commit", "-q", "--allow-empty", "-m", subject],
      { cwd: repository },
    );
  }
  let next = await incremental(repository);
  for (let n = 0; n < 4; n++) {
    const again = await incremental(repository);
    if (again.ms < next.ms) next = again;
  }

  const theirs = await timed(() => peerChangelog(repository, PEER_RELEASES));
  const perRelease = { ours: all.ms / TAGS, theirs: theirs.ms / PEER_RELEASES };
  const perLevel = { ours: levels.ms / transitions.length, theirs: analysed.ms / PEER_RELEASES };
  const rows = {
    "whole history: versions and notes": `${all.ms.toFixed(0)} ms (limit ${LIMIT_MS})`,
    "  of it git log and tags": `${(gitAlone.ms + tagsAlone.ms).toFixed(0)} ms`,
    "releases, bytes of notes": `${all.value.releases}, ${all.value.bytes}`,
    "parse all messages, ours": `${ours.ms.toFixed(0)} ms`,
    "parse all messages, conventional-commits-parser": `${peer.ms.toFixed(0)} ms (${(peer.ms / ours.ms).toFixed(1)} times ours)`,
    "a release's notes, ours over all releases": `${perRelease.ours.toFixed(2)} ms`,
    [`a release's notes, conventional-changelog over ${PEER_RELEASES}`]: `${perRelease.theirs.toFixed(2)} ms (${(perRelease.theirs / perRelease.ours).toFixed(0)} times ours; ${theirs.value} bytes)`,
    [`a release's notes, git-cliff over ${PEER_RELEASES}`]: `${(cliff.ms / PEER_RELEASES).toFixed(2)} ms (${(cliff.ms / PEER_RELEASES / perRelease.ours).toFixed(0)} times ours; ${cliff.bytes} bytes)`,
    "a release's level, ours over all releases": `${perLevel.ours.toFixed(3)} ms`,
    [`a release's level, commit-analyzer over ${PEER_RELEASES}`]: `${perLevel.theirs.toFixed(3)} ms (${(perLevel.theirs / perLevel.ours).toFixed(0)} times ours; ${analysed.value} call for one)`,
    "the next release planned, beside git's time": `${next.ms.toFixed(1)} ms (limit ${INCREMENTAL_LIMIT_MS}; git took ${next.git.toFixed(0)} ms)`,
    "peak memory": `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  };
  console.log(rows);
  const out = process.argv[process.argv.indexOf("--out") + 1];
  if (process.argv.includes("--out") && out !== undefined) {
    const figures = {
      command: "node bench/release.ts --out bench/results/release.json",
      commits: COMMITS,
      tags: TAGS,
      peers: PEERS,
      whole_history_ms: Math.round(all.ms),
      whole_history_git_ms: Math.round(gitAlone.ms + tagsAlone.ms),
      peers_over_newest_releases: PEER_RELEASES,
      notes_git_cliff_ms_a_release: Number((cliff.ms / PEER_RELEASES).toFixed(3)),
      level_ms_a_release: Number(perLevel.ours.toFixed(4)),
      level_commit_analyzer_ms_a_release: Number(perLevel.theirs.toFixed(4)),
      parse_ms: Math.round(ours.ms),
      parse_conventional_commits_parser_ms: Math.round(peer.ms),
      notes_ms_a_release: Number(perRelease.ours.toFixed(3)),
      notes_conventional_changelog_ms_a_release: Number(perRelease.theirs.toFixed(3)),
      next_release_ms: Number(next.ms.toFixed(1)),
      next_release_git_ms: Math.round(next.git),
      peak_memory_mib: Math.round(process.resourceUsage().maxRSS / 1024),
    };
    await writeFile(out, `${JSON.stringify(figures, null, 2)}\n`);
  }
  if (all.ms > LIMIT_MS || next.ms > INCREMENTAL_LIMIT_MS) process.exitCode = 1;
} finally {
  await rm(scratch, { recursive: true, force: true });
}
