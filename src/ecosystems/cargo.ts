import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "semver";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { crateRegistry, crateVersion } from "../tools/cargo/index.ts";
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
  published: lookUp,
  installCheck: addCrate,
  async registry({ url, signal }) {
    if (url !== undefined) return succeed(url);
    const own = await crateRegistry({ url, signal });
    if (!own.ok) return own;
    if (own.value.api !== undefined) return succeed(own.value.api);
    return fail(
      problem("config", "cargo.no_api", "the registry that cargo is configured for takes no uploads: it names no API", {
        next: "set ship.registries.crates_io.url to the address of the index that crates are published to",
      }),
    );
  },
  async publishPlan({ name, version, url, files }) {
    return succeed({
      playbook: "publish-crates-io",
      vars: {
        package_name: name,
        package_version: version,
        package_crate: files[0] ?? "",
        ...(url === undefined ? {} : { package_registry: url }),
      },
      tokenVariable: "CARGO_REGISTRY_TOKEN",
    });
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

/** What the registry's index says of the version, in whichever way it is kept. */
async function lookUp(query: PackageQuery): Promise<Outcome<readonly PublishedFile[] | undefined>> {
  const seen = await crateVersion(query.name, query.version, query);
  if (!seen.ok || seen.value === undefined) return seen.ok ? succeed(undefined) : seen;
  const file = `${query.name}-${query.version}.crate`;
  return succeed([{ file, algorithm: "sha256", digest: seen.value.cksum }]);
}

/**
 * Adds the version to a scratch package and downloads it, its checksum compared by cargo itself: what a user's first
 * build does before it compiles.
 */
async function addCrate(query: PackageQuery): Promise<Outcome<void>> {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-crate-"));
  try {
    const from = await settingsFor(query);
    if (!from.ok) return from;
    await mkdir(join(scratch, ".cargo"));
    await mkdir(join(scratch, "src"));
    await writeFile(join(scratch, ".cargo", "config.toml"), from.value.settings);
    await writeFile(
      join(scratch, "Cargo.toml"),
      '[package]\nname = "install-check"\nversion = "0.0.0"\nedition = "2021"\n',
    );
    await writeFile(join(scratch, "src", "lib.rs"), "");
    const result = await runWork('cargo add "$CRATE" $CRATE_FROM && cargo fetch', {
      cwd: scratch,
      network: "host",
      timeoutMs: 300_000,
      redactor: query.redactor,
      signal: query.signal,
      env: { CRATE: `${query.name}@=${query.version}`, CRATE_FROM: from.value.options },
    });
    if (result.exitCode === 0) return succeed(undefined);
    const message = `${query.name} ${query.version} cannot be added from its registry`;
    return fail(
      problem("infrastructure", "cargo.install_check_failed", message, {
        details: result.stderr.trim().slice(-4000),
        next: "an index may need some minutes to show a new version; run this again",
      }),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Cargo's settings for a registry of one's own, and the option that names it. */
async function settingsFor(
  query: PackageQuery,
): Promise<Outcome<{ readonly settings: string; readonly options: string }>> {
  if (query.url === undefined) return succeed({ settings: "", options: "" });
  const registry = await crateRegistry(query);
  if (!registry.ok) return registry;
  const index = registry.value.kind === "sparse" ? `sparse+${query.url.replace(/\/*$/, "/")}` : query.url;
  return succeed({
    settings: `[registries.ship]\nindex = ${JSON.stringify(index)}\n\n[net]\ngit-fetch-with-cli = true\n`,
    options: "--registry ship",
  });
}
