import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Redactor } from "../../core/redact.ts";
import { git } from "../git/run.ts";
import { getText, shown } from "../http/get.ts";
import { cargoFailed, runCargo } from "./cargo.ts";

/** What an index says of one version. */
export interface CrateVersion {
  /** SHA-256 of the .crate file, lower-case hex. */
  readonly cksum: string;
  readonly yanked: boolean;
}

export interface CrateRegistry {
  /** `sparse`: files over HTTP. `git`: a repository. `default`: what cargo itself is configured for. */
  readonly kind: "sparse" | "git" | "default";
  /** Where uploads go; undefined when the index names none, as mirrors do not. */
  readonly api: string | undefined;
}

export interface RegistryQuery {
  /** Address of the index; undefined: the registry that cargo is configured for. */
  readonly url: string | undefined;
  /** For registries that want to know who reads. */
  readonly token?: string | undefined;
  readonly redactor?: Redactor | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the registry's `config.json` says, however the index is kept. */
export async function crateRegistry(query: RegistryQuery): Promise<Outcome<CrateRegistry>> {
  if (query.url === undefined) {
    // Any name makes cargo ask for the registry's configuration; that there is no such crate is no matter.
    const asked = await askCargo("codemonkeys-asks-for-the-registry", "0.0.0", query);
    if (!asked.ok) return asked;
    if (asked.value.config) return succeed({ kind: "default", api: apiOf(asked.value.config) });
    return fail(
      problem("config", "cargo.no_registry", "cargo does not reach the registry that it is configured for", {
        details: asked.value.said,
        next: "set ship.registries.crates_io.url to the address of the index, or check cargo's settings",
      }),
    );
  }
  const base = baseOf(query.url);
  const config = await getText(`${base}/config.json`, request(query));
  if (!config.ok) return config;
  if (config.value.status === 200) return succeed({ kind: "sparse", api: apiOf(config.value.body) });
  if ([401, 403].includes(config.value.status)) return fail(refused(query.url, config.value.status));
  return await inGitIndex(query, async (read) => {
    const text = await read("config.json");
    return text.ok ? succeed({ kind: "git" as const, api: apiOf(text.value ?? "") }) : text;
  });
}

/** What the registry's index says of a version; undefined when it has none of it. */
export async function crateVersion(
  name: string,
  version: string,
  query: RegistryQuery,
): Promise<Outcome<CrateVersion | undefined>> {
  if (query.url === undefined) {
    const asked = await askCargo(name, version, query);
    return asked.ok ? succeed(asked.value.found) : asked;
  }
  const registry = await crateRegistry(query);
  if (!registry.ok) return registry;
  const path = indexPath(name);
  if (registry.value.kind === "git") {
    return await inGitIndex(query, async (read) => {
      const text = await read(path);
      return text.ok ? succeed(entryOf(text.value ?? "", version)) : text;
    });
  }
  const got = await getText(`${baseOf(query.url)}/${path}`, request(query));
  if (!got.ok) return got;
  if ([404, 410, 451].includes(got.value.status)) return succeed(undefined);
  if ([401, 403].includes(got.value.status)) return fail(refused(query.url, got.value.status));
  if (got.value.status !== 200) {
    return fail(
      problem("infrastructure", "cargo.index_failed", `the index ${shown(query.url)} answered ${got.value.status}`, {
        next: "run this again: it looks first and uploads nothing twice",
      }),
    );
  }
  return succeed(entryOf(got.value.body, version));
}

/** Where an index keeps a crate: `1/a`, `3/a/abc`, `ab/cd/abcdef`. */
function indexPath(name: string): string {
  const lower = name.toLowerCase();
  if (lower.length <= 2) return `${lower.length}/${lower}`;
  if (lower.length === 3) return `3/${lower[0]}/${lower}`;
  return `${lower.slice(0, 2)}/${lower.slice(2, 4)}/${lower}`;
}

/** The line of a version; one that is cut off is not there yet and shows with the next look. */
function entryOf(text: string, version: string): CrateVersion | undefined {
  for (const line of text.split("\n")) {
    const entry = jsonOf(line);
    if (entry?.vers !== version || typeof entry.cksum !== "string") continue;
    return { cksum: entry.cksum.toLowerCase(), yanked: entry.yanked === true };
  }
  return undefined;
}

function apiOf(config: string): string | undefined {
  const api = jsonOf(config)?.api;
  return typeof api === "string" && URL.canParse(api) ? api.replace(/\/+$/, "") : undefined;
}

function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function baseOf(url: string): string {
  return url.replace(/^sparse\+/, "").replace(/\/+$/, "");
}

function request({ token, signal }: RegistryQuery) {
  return { signal, headers: { "cache-control": "no-cache", ...(token ? { authorization: token } : {}) } };
}

function refused(url: string, status: number) {
  return problem("secret", "cargo.not_authorised", `the index ${shown(url)} wants to know who reads (${status})`, {
    next: "give the registry's token to the act half, or let the index be read without one",
  });
}

/** Copies a git index into scratch space and hands out its files; the index is small where a company keeps its own. */
async function inGitIndex<T>(
  query: RegistryQuery,
  work: (read: (path: string) => Promise<Outcome<string | undefined>>) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-index-"));
  const call = { cwd: scratch, redactor: query.redactor, signal: query.signal };
  try {
    const cloned = await git(["clone", "--quiet", "--bare", "--", baseOf(query.url ?? ""), "index"], {
      ...call,
      network: true,
      writes: true,
    });
    if (!cloned.ok) {
      const [first] = cloned.diagnostics;
      return fail(
        problem("infrastructure", "cargo.no_index", `${shown(query.url ?? "")} is no crate index`, {
          ...(first ? { details: `${first.message}\n${first.details ?? ""}`.trim() } : {}),
          next: "ship.registries.crates_io.url is the address of an index: a folder with a config.json, or a git repository",
        }),
      );
    }
    const cwd = join(scratch, "index");
    const listed = await git(["ls-tree", "-r", "--name-only", "-z", "HEAD"], { ...call, cwd });
    if (!listed.ok) return listed;
    const files = new Set(listed.value.split("\0"));
    return await work(async (path) =>
      files.has(path) ? await git(["show", `HEAD:${path}`], { ...call, cwd }) : succeed(undefined),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Asked {
  readonly found: CrateVersion | undefined;
  /** The registry's `config.json` as cargo keeps it. */
  readonly config: string | undefined;
  readonly said: string;
}

/**
 * Lets cargo itself look: a scratch package that depends on exactly this version gets a lock file, which names the
 * checksum. Cargo does not choose a yanked version, so one looks as if it were not there.
 */
async function askCargo(name: string, version: string, query: RegistryQuery): Promise<Outcome<Asked>> {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-index-"));
  try {
    const home = join(scratch, "home");
    await mkdir(home);
    await mkdir(join(scratch, "src"));
    const own = process.env.CARGO_HOME ?? join(process.env.HOME ?? homedir(), ".cargo");
    for (const file of ["config.toml", "config"]) {
      if (existsSync(join(own, file))) await copyFile(join(own, file), join(home, file));
    }
    await writeFile(join(scratch, "src", "lib.rs"), "");
    await writeFile(
      join(scratch, "Cargo.toml"),
      `[package]\nname = "look-up"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n${name} = ${JSON.stringify(`=${version}`)}\n`,
    );
    const made = await runCargo(["generate-lockfile"], {
      cwd: scratch,
      env: { CARGO_HOME: home },
      redactor: query.redactor,
      signal: query.signal,
    });
    if (!made.ok) return made;
    const said = made.value.stderr.trim().slice(-4000);
    const config = await keptConfig(home);
    const absent =
      /no matching package named|failed to select a version for the requirement|no matching package found/.test(said);
    if (made.value.exitCode !== 0 && !(absent && config)) {
      return config === undefined
        ? succeed({ found: undefined, config, said })
        : fail(cargoFailed("generate-lockfile", made.value));
    }
    if (made.value.exitCode !== 0) return succeed({ found: undefined, config, said });
    const lock = await readFile(join(scratch, "Cargo.lock"), "utf8");
    const cksum = lock
      .split("[[package]]")
      .find((part) => part.includes(`\nname = "${name}"\n`) && part.includes(`\nversion = "${version}"\n`))
      ?.match(/\nchecksum = "([0-9a-f]{64})"/)?.[1];
    return succeed({ found: cksum === undefined ? undefined : { cksum, yanked: false }, config, said });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function keptConfig(home: string): Promise<string | undefined> {
  const folder = join(home, "registry", "index");
  if (!existsSync(folder)) return undefined;
  for (const index of await readdir(folder)) {
    const file = join(folder, index, "config.json");
    if (existsSync(file)) return await readFile(file, "utf8");
  }
  return undefined;
}
