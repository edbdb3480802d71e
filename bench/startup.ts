/**
 * How long a command takes to start, beside a Node that does nothing: the version, the status of a small fleet (the
 * organisation is fetched, the database and the audit log are opened), one check of a constitution file with all its
 * gate decisions, and the same with the single file that Jenkins copies, without any cache. The commands take turns, so
 * that whatever else the machine does meets all of them alike. `node bench/startup.ts [--runs 15] [--json]`.
 *
 * CPU time is that of the process and its children; it is what stays comparable on a busy machine.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "15" }, json: { type: "boolean", default: false } },
});
const runs = Number(values.runs);
const root = join(import.meta.dirname, "..");
const linked = join(root, "bin", "codemonkeys.js");
const single = join(root, "resources", "codemonkeys", "codemonkeys.mjs");

const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-startup-"));
const env = {
  PATH: process.env.PATH ?? "",
  HOME: scratch,
  CODEMONKEYS_ORGANISATION: join(scratch, "organisation"),
  CODEMONKEYS_STATE: join(scratch, "state"),
  CODEMONKEYS_CACHE: join(scratch, "cache"),
  CODEMONKEYS_CONFIG_HOME: join(scratch, "config"),
};

/** The demo's fleet as an organisation repository. */
async function prepare(): Promise<void> {
  const organisation = env.CODEMONKEYS_ORGANISATION;
  await mkdir(organisation);
  for (const name of ["constitution.yaml", "fleet.yaml"]) {
    const text = await readFile(join(root, "demo", "organisation", name), "utf8");
    await writeFile(join(organisation, name), text.replaceAll("@REMOTES@", scratch));
  }
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Bench", "-c", "user.email=bench@localhost", ...args], { cwd: organisation });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "feat: begin");
  // Jenkins has one file and nothing beside it.
  await cp(single, join(scratch, "alone.mjs"));
}

const CONSTITUTION = join(env.CODEMONKEYS_ORGANISATION, "constitution.yaml");
const COMMANDS = {
  bare: ["-e", "0"],
  version: [linked, "--version"],
  status: [linked, "status"],
  check: [linked, "constitution", "check", CONSTITUTION],
  "single file: version": [join(scratch, "alone.mjs"), "--version"],
  "single file: status": [join(scratch, "alone.mjs"), "status"],
} as const;
type Name = keyof typeof COMMANDS;
const AIMS: Partial<Record<Name, number>> = { version: 1.3, status: 2.5, check: 3 };

/** Wall and CPU milliseconds of one start; a shell's `times` tells the CPU time of the child and its children. */
function start(name: Name): { wall: number; cpu: number } {
  const script = '"$@" >/dev/null; code=$?; times; exit $code';
  const startedAt = performance.now();
  const done = spawnSync("bash", ["-c", script, "bash", process.execPath, ...COMMANDS[name]], {
    env,
    encoding: "utf8",
  });
  const wall = performance.now() - startedAt;
  if (done.status !== 0) throw new Error(`${name} ended with ${done.status}: ${done.stderr}`);
  const ofChildren = done.stdout.trim().split("\n").at(-1) ?? "";
  const cpu = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
  return { wall, cpu: cpu * 1000 };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

try {
  await prepare();
  const names = Object.keys(COMMANDS) as Name[];
  const measured = new Map(names.map((name) => [name, [] as { wall: number; cpu: number }[]]));
  // The first round fills caches: the organisation's mirror, the database, compiled code.
  for (const name of names) start(name);
  for (let run = 0; run < runs; run++) for (const name of names) measured.get(name)?.push(start(name));
  const medians = (name: Name) => {
    const all = measured.get(name) ?? [];
    return { wall: median(all.map(({ wall }) => wall)), cpu: median(all.map(({ cpu }) => cpu)) };
  };
  const bare = medians("bare");
  const round = (value: number) => Number(value.toFixed(2));
  const rows = names.map((name) => {
    const { wall, cpu } = medians(name);
    const aim = AIMS[name];
    return {
      name,
      wall_ms: round(wall),
      cpu_ms: round(cpu),
      wall_ratio: round(wall / bare.wall),
      cpu_ratio: round(cpu / bare.cpu),
      ...(aim === undefined ? {} : { aim, met: wall / bare.wall <= aim }),
    };
  });
  const load = round(loadavg()[0] ?? 0);
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ node: process.version, cores: availableParallelism(), load, runs, rows })}\n`,
    );
  } else {
    console.table(rows);
    console.log(`Node ${process.version}, ${availableParallelism()} cores, load ${load}, medians of ${runs}`);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
