import { link, mkdtemp, readdir, readlink, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { damaged, guarded } from "./database-problem.ts";
import { openSwarm, type Swarm } from "./open.ts";
import { SWARM_FILE } from "./place.ts";
import { openSqliteFile } from "./sqlite.ts";

/** What belongs to a database file: its write-ahead log holds commits that are nowhere else. */
const COMPANIONS = ["-wal", "-shm", "-journal"];

export interface SetAside {
  /** Where the files lie now, the database first. */
  readonly kept: readonly string[];
  /** What was wrong with it. */
  readonly because: Because;
}

type Because = "corrupt" | "newer" | "drift";

/**
 * Puts a new database in the place of one that cannot be used, and keeps that one, with all that belongs to it, under
 * another name in the same folder. Only for one that is damaged or has another schema: a good one stays where it is, and
 * so does one that a living process has open. Nothing is copied from it: SQLite has no checksums, so that what can still
 * be read of a damaged file need not be what was written.
 *
 * @param options.prepare fills the new one before it takes its place, so that it is never seen half ready, whenever this
 *   process dies
 */
export async function setAside(options: {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly prepare: (fresh: Swarm, kept: SetAside) => Promise<Outcome<unknown>>;
}): Promise<Outcome<SetAside>> {
  const { stateDir, clock } = options;
  const file = join(stateDir, SWARM_FILE);
  const users = await processesWith(file);
  if (users.length > 0) {
    return fail(
      problem("infrastructure", "swarm.in_use", `the Swarm database ${file} is open in process ${users.join(", ")}`, {
        next: "let it end, or end it, and give the same command again",
      }),
    );
  }
  const because = await whatIsWrong(stateDir);
  if (!because.ok) return because;
  const time = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-");
  const target = `${file}.${because.value}-${time}`;
  const companions = await guarded(file, () => existing(COMPANIONS.map((suffix) => file + suffix)));
  if (!companions.ok) return companions;
  const renamed = (path: string) => target + path.slice(file.length);
  const kept = { kept: [target, ...companions.value.map(renamed)], because: because.value };
  const scratch = await guarded(file, () => mkdtemp(join(stateDir, "new-")));
  if (!scratch.ok) return scratch;
  try {
    const fresh = await openSwarm({ stateDir: scratch.value, clock });
    if (!fresh.ok) return fresh;
    const prepared = await options.prepare(fresh.value, kept);
    await fresh.value.close();
    if (!prepared.ok) return prepared;
    return await guarded(file, async () => {
      // A second name, not another one: at each moment there is a database in the place, the old or the new.
      await link(file, target);
      // The log before the database: the new one must never meet the old one's.
      for (const path of companions.value) await rename(path, renamed(path));
      await rename(join(scratch.value, SWARM_FILE), file);
      return kept;
    });
  } finally {
    await rm(scratch.value, { recursive: true, force: true });
  }
}

async function whatIsWrong(stateDir: string): Promise<Outcome<Because>> {
  const opened = await openSwarm({ stateDir });
  if (!opened.ok) {
    const code = opened.diagnostics[0]?.code;
    const because = (["corrupt", "newer", "drift"] as const).find((one) => code === `swarm.${one}`);
    return because ? succeed(because) : opened;
  }
  const damage = await findDamage(opened.value);
  await opened.value.close();
  if (!damage.ok) return damage.diagnostics.some(({ code }) => code === "swarm.corrupt") ? succeed("corrupt") : damage;
  return fail(
    problem("config", "swarm.not_damaged", `the Swarm database ${opened.value.place} is whole; it stays where it is`, {
      next: "to begin with an empty one all the same, move the file yourself while nothing runs",
    }),
  );
}

/** Reads a whole database that is a file and says where it is damaged; an open one may be so in pages nobody has read. */
export async function findDamage(swarm: Swarm): Promise<Outcome<void>> {
  if (swarm.kind === "postgres") return succeed(undefined);
  const checked = await guarded(swarm.place, async () => {
    const database = await openSqliteFile(swarm.place);
    try {
      return database.prepare("pragma integrity_check(5)").all() as { integrity_check: string }[];
    } finally {
      database.close();
    }
  });
  if (!checked.ok) return checked;
  const found = checked.value.map(({ integrity_check }) => integrity_check).filter((line) => line !== "ok");
  if (found.length === 0) return succeed(undefined);
  return fail(damaged(swarm.place, found.join("\n")));
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const folder = new Set(await readdir(dirname(paths[0] ?? "")));
  return paths.filter((path) => folder.has(basename(path)));
}

/**
 * Other living processes that have a file open, as far as this user may see (Linux: /proc). A moved file stays with
 * those who have it open, and what they write from then on would be in no database.
 */
async function processesWith(file: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await entriesOf("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const folder = `/proc/${pid}/fd`;
    for (const fd of await entriesOf(folder)) {
      if ((await linkOf(join(folder, fd))) !== file) continue;
      found.push(Number(pid));
      break;
    }
  }
  return found;
}

/** Not Linux, the process is gone, or it is another user's: nothing is known of it. */
const UNKNOWN = ["ENOENT", "ESRCH", "EACCES", "EPERM"];

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (UNKNOWN.includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

async function linkOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (UNKNOWN.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
