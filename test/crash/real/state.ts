import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { git } from "../../../demo/layout.ts";
import type { Lane } from "./lane.ts";

/** All that a case leaves behind, as far as it must be the same whether or not anything crashed. */
export interface EndState {
  /** Commits on the remote's main that carry a trailer of a heal's or a release's run. */
  readonly healCommits: number;
  readonly releaseCommits: number;
  /** Subjects on the remote's main, newest first. */
  readonly subjects: readonly string[];
  /** Every file of the remote's main, with ids of commits masked: they differ by their times. */
  readonly tree: string;
  readonly localEqualsRemote: boolean;
  /** `git status` of the person's own work tree. */
  readonly status: string;
  readonly worktrees: number;
  /** New tags at the remote, and whether each is annotated and on the release commit. */
  readonly tags: Readonly<Record<string, boolean>>;
  /** Registry files by name: true when they are, byte for byte, what the run's first finished build kept. */
  readonly published: Readonly<Record<string, boolean>>;
  /** Distinct idempotency keys, and distinct bodies under them. */
  readonly deliveryKeys: number;
  readonly deliveryBodies: number;
  /**
   * Runs by kind and status, their steps, and what the company has learned. A run that was given up before it had a plan
   * counts only with the effects it should not have.
   */
  readonly journal: readonly string[];
}

export interface Verdict {
  readonly duplicates: number;
  readonly missing: number;
  readonly tagsWithoutArtefacts: number;
  /** What differs from an uncrashed run, in words. */
  readonly different: readonly string[];
}

export async function endState(lane: Lane): Promise<EndState> {
  const { layout, product } = lane;
  const path = join(layout.products, product.name);
  const remote = join(layout.remotes, `${product.name}.git`);
  const log = await git(remote, [
    "log",
    "--format=%H%x09%(trailers:key=Heal-Run,valueonly,separator=%x20)%x09%(trailers:key=Release-Run,valueonly,separator=%x20)%x09%s",
    "main",
  ]);
  const commits = log.split("\n").map((line) => line.split("\t") as [string, string, string, string]);
  const heals = commits.filter(([, heal]) => heal !== "");
  const releases = commits.filter(([, , release]) => release !== "");
  const rows = journalOf(lane);
  const published = await lane.published();
  const tags: Record<string, boolean> = {};
  const old = new Set(product.history.map(({ tag }) => tag));
  for (const tag of (await git(remote, ["tag"])).split("\n").filter((name) => name !== "" && !old.has(name))) {
    const kind = await git(remote, ["cat-file", "-t", `refs/tags/${tag}`]);
    const at = await git(remote, ["rev-parse", `refs/tags/${tag}^{commit}`]);
    tags[tag] = kind === "tag" && at === releases[0]?.[0];
  }
  return {
    healCommits: heals.length,
    releaseCommits: releases.length,
    subjects: commits.map(([, , , subject]) => subject),
    tree: await treeOf(remote),
    localEqualsRemote: (await git(path, ["rev-parse", "main"])) === commits[0]?.[0],
    status: await git(path, ["status", "--porcelain"]),
    worktrees: (await git(path, ["worktree", "list", "--porcelain"]))
      .split("\n")
      .filter((line) => line.startsWith("worktree ")).length,
    tags,
    published: Object.fromEntries(
      Object.entries(published).map(([file, digest]) => [file, rows.built[file] === digest]),
    ),
    deliveryKeys: new Set(lane.deliveries.map(({ key }) => key)).size,
    deliveryBodies: new Set(lane.deliveries.map(({ body }) => masked(body))).size,
    journal: rows.lines,
  };
}

/** What is wrong with a case's end state: nothing, when it might never have crashed. */
export function judge(state: EndState, wanted: EndState): Verdict {
  const counts = (one: EndState) => ({
    "heal commits": one.healCommits,
    "release commits": one.releaseCommits,
    tags: Object.keys(one.tags).length,
    "files in the registry": Object.keys(one.published).length,
    "delivery keys": one.deliveryKeys,
  });
  const [got, want] = [counts(state), counts(wanted)];
  let duplicates = 0;
  let missing = 0;
  for (const key of Object.keys(want) as (keyof typeof want)[]) {
    duplicates += Math.max(0, got[key] - want[key]);
    missing += Math.max(0, want[key] - got[key]);
  }
  const different: string[] = [];
  for (const key of Object.keys(wanted) as (keyof EndState)[]) {
    const [is, should] = [JSON.stringify(state[key]), JSON.stringify(wanted[key])];
    if (is !== should) different.push(`${key}: ${is} instead of ${should}`);
  }
  const whole =
    Object.values(state.published).every(Boolean) && got["files in the registry"] >= want["files in the registry"];
  return { duplicates, missing, tagsWithoutArtefacts: got.tags > 0 && !whole ? 1 : 0, different };
}

async function treeOf(remote: string): Promise<string> {
  const files = await git(remote, ["ls-tree", "-r", "--name-only", "main"]);
  const texts: string[] = [];
  for (const file of files.split("\n")) texts.push(`${file}\n${masked(await git(remote, ["show", `main:${file}`]))}`);
  return texts.join("\n");
}

function masked(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{7,64}\b/g, "ID")
    .replaceAll(/\br-[0-9a-f]{12}\b/g, "RUN")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME");
}

function journalOf(lane: Lane): { readonly lines: string[]; readonly built: Record<string, string> } {
  const database = new DatabaseSync(join(lane.layout.root, "state", "swarm.db"), { readOnly: true });
  const all = (sql: string) => database.prepare(sql).all() as Record<string, unknown>[];
  try {
    const lines = [
      ...all(
        "select kind, status, count(*) as n from runs where status <> 'abandoned' group by kind, status order by 1, 2",
      ),
      ...all(`select runs.kind, step.name, step.state, count(*) as n from run_steps step join runs on runs.id = step.run_id
              where runs.status <> 'abandoned' or step.kind <> 'step'
              group by runs.kind, step.name, step.state order by runs.kind, min(step.seq)`),
      ...all("select 'held leases' as what, count(*) as n from leases where holder <> ''"),
      ...all("select 'patterns' as what, count(*) as n from error_patterns"),
      ...all("select 'occurrences' as what, count(*) as n, sum(fixed_at is not null) as fixed from error_occurrences"),
      ...all("select 'templates' as what, count(*) as n from templates"),
      ...all(
        "select 'outcomes' as what, outcome, count(*) as n from template_outcomes group by outcome order by outcome",
      ),
      // A wait names the commit that it waits for, and two fleets have other commits.
    ].map((row) => masked(Object.values(row).join(" ")));
    const built: Record<string, string> = {};
    for (const { value } of all(
      "select value from run_steps join runs on id = run_id where runs.kind = 'release' and name = 'work' and state = 'done'",
    )) {
      const { artifacts } = JSON.parse(String(value)) as { artifacts: { file: string; sha256: string }[] };
      for (const { file, sha256 } of artifacts) built[file] ??= sha256;
    }
    return { lines, built };
  } finally {
    database.close();
  }
}
