import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "semver";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { getText } from "../tools/http/get.ts";
import { runWork } from "../tools/sandbox/sandbox.ts";
import { bumpCargo, readCargoManifest } from "./cargo-manifest.ts";
import type { BuildContext, Ecosystem, PackageQuery, PublishedFile } from "./ecosystem.ts";
import { inFolder, within } from "./paths.ts";

export const cargo: Ecosystem = {
  id: "cargo",
  title: "crates.io",
  account: "crates_io",
  registryOption: "ship.registries.crates_io",
  async detect(tree, path) {
    return (await tree.read(within(path, "Cargo.toml"))) !== undefined;
  },
  async defaultStages(_tree, path) {
    return { build: inFolder(path, "cargo build --all-targets"), test: inFolder(path, "cargo test") };
  },
  readManifest: readCargoManifest,
  spell(version) {
    if (parse(version)) return succeed(version);
    return fail(
      problem("product", "cargo.version", `${version} is no semantic version, so cargo does not take it`, {
        next: "for cargo a calendar version has three numbers without leading zeros: YYYY.MM.MICRO",
      }),
    );
  },
  bump: bumpCargo,
  build: packageCrate,
  published: readIndex,
  installCheck: fetchCrate,
  registry: async ({ url }) => (url === undefined ? fail(noAddress()) : succeed(url)),
  publishPlan({ name, version, url, files }) {
    return {
      playbook: "publish-crates-io",
      vars: {
        package_name: name,
        package_version: version,
        package_crate: files[0] ?? "",
        ...(url === undefined ? {} : { package_registry: url }),
      },
      tokenVariable: "CARGO_REGISTRY_TOKEN",
    };
  },
};

/** `cargo package` in the sandbox. The tree is the release's own, so what is not committed in it is the version alone. */
async function packageCrate(context: BuildContext): Promise<Outcome<readonly string[]>> {
  const target = join(context.out, "target");
  await mkdir(target);
  const result = await runWork('cargo package --no-verify --allow-dirty --target-dir "$CRATE_TARGET"', {
    cwd: join(context.root, context.path),
    network: "host",
    timeoutMs: 600_000,
    writable: [context.out],
    logFile: context.logFile,
    redactor: context.redactor,
    signal: context.signal,
    homes: context.homes,
    onLine: context.progress,
    env: { CRATE_TARGET: target, SOURCE_DATE_EPOCH: String(context.epoch) },
  });
  if (result.exitCode !== 0) {
    return fail(
      problem("product", "cargo.package_failed", `the crate ${context.name} cannot be packaged`, {
        details: `${result.stdout}\n${result.stderr}`.trim().slice(-4000),
        next: "cargo package --no-verify shows the same failure",
      }),
    );
  }
  const file = `${context.name}-${context.version}.crate`;
  const made = await readdir(join(target, "package"));
  if (!made.includes(file)) {
    return fail(problem("product", "cargo.other_version", `cargo package made ${made.join(", ")} instead of ${file}`));
  }
  await rename(join(target, "package", file), join(context.out, file));
  await rm(target, { recursive: true, force: true });
  return succeed([file]);
}

/** Reads the registry's sparse index (one JSON line a version). */
async function readIndex(query: PackageQuery): Promise<Outcome<readonly PublishedFile[] | undefined>> {
  if (query.url === undefined) return fail(noAddress());
  const name = query.name.toLowerCase();
  const folder =
    name.length <= 2
      ? String(name.length)
      : name.length === 3
        ? `3/${name[0]}`
        : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
  const base = query.url.replace(/^sparse\+/, "").replace(/\/+$/, "");
  const headers = query.token === undefined ? {} : { authorization: query.token };
  const got = await getText(`${base}/${folder}/${name}`, { signal: query.signal, headers });
  if (!got.ok) return got;
  if ([404, 410, 451].includes(got.value.status)) return succeed(undefined);
  if (got.value.status !== 200) {
    return fail(problem("infrastructure", "cargo.index_failed", `the crate index answered ${got.value.status}`));
  }
  for (const line of got.value.body.split("\n")) {
    const entry = indexEntry(line);
    if (entry?.vers !== query.version) continue;
    return succeed([
      { file: `${query.name}-${query.version}.crate`, algorithm: "sha256", digest: entry.cksum.toLowerCase() },
    ]);
  }
  return succeed(undefined);
}

function indexEntry(line: string): { vers: string; cksum: string } | undefined {
  if (line.trim() === "") return undefined;
  let entry: { vers?: unknown; cksum?: unknown };
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch (error) {
    // A line that is cut off: the version shows with the next look.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return typeof entry.vers === "string" && typeof entry.cksum === "string"
    ? { vers: entry.vers, cksum: entry.cksum }
    : undefined;
}

/** Downloads the crate with its checksum verified by cargo itself, as a user's first build would. */
async function fetchCrate(query: PackageQuery): Promise<Outcome<void>> {
  if (query.url === undefined) return fail(noAddress());
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-crate-"));
  try {
    const index = query.url.startsWith("sparse+") ? query.url : `sparse+${query.url}`;
    await mkdir(join(scratch, ".cargo"));
    await mkdir(join(scratch, "src"));
    await writeFile(join(scratch, ".cargo", "config.toml"), `[registries.ship]\nindex = ${JSON.stringify(index)}\n`);
    const dependency = `${query.name} = { version = ${JSON.stringify(`=${query.version}`)}, registry = "ship" }`;
    await writeFile(
      join(scratch, "Cargo.toml"),
      `[package]\nname = "install-check"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n${dependency}\n`,
    );
    await writeFile(join(scratch, "src", "lib.rs"), "");
    const result = await runWork("cargo fetch", {
      cwd: scratch,
      network: "host",
      timeoutMs: 300_000,
      redactor: query.redactor,
      signal: query.signal,
    });
    if (result.exitCode === 0) return succeed(undefined);
    return fail(
      problem(
        "infrastructure",
        "cargo.install_check_failed",
        `${query.name} ${query.version} cannot be fetched from its registry`,
        {
          details: result.stderr.trim().slice(-4000),
          next: "an index may need some minutes to show a new version; run this again",
        },
      ),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function noAddress() {
  return problem("config", "cargo.no_registry", "the crate registry's index address is not configured", {
    next: "set ship.registries.crates_io.url to the address of its sparse index",
  });
}
