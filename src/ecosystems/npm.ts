import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "semver";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { npmInstallCheck, npmPack, npmRegistry, npmView } from "../tools/npm/npm.ts";
import { runWork } from "../tools/sandbox/sandbox.ts";
import type { BuildContext, Ecosystem, PackageQuery, PublishedFile } from "./ecosystem.ts";
import { bumpNpm, readNpmManifest } from "./npm-manifest.ts";
import { inFolder, within } from "./paths.ts";

/** What `npm init` writes as the script `test` is no test, and always fails. */
export function isPlaceholder(script: unknown): boolean {
  return String(script).includes("no test specified");
}

export const npm: Ecosystem = {
  id: "npm",
  title: "npm",
  account: "npm",
  registryOption: "ship.registries.npm",
  async detect(tree, path) {
    return (await tree.read(within(path, "package.json"))) !== undefined;
  },
  async defaultStages(tree, path) {
    const text = (await tree.read(within(path, "package.json"))) ?? "";
    const scripts = partOf(text, "scripts");
    const dependencies = { ...partOf(text, "dependencies"), ...partOf(text, "devDependencies") };
    const locked = (await tree.read(within(path, "package-lock.json"))) !== undefined;
    const install = locked ? "npm ci" : "npm install --no-package-lock";
    const build = [
      ...(Object.keys(dependencies).length > 0 ? [install] : []),
      ...(scripts.build === undefined ? [] : ["npm run build"]),
    ];
    return {
      ...(build.length > 0 ? { build: inFolder(path, build.join(" && ")) } : {}),
      ...(scripts.test === undefined || isPlaceholder(scripts.test) ? {} : { test: inFolder(path, "npm test") }),
    };
  },
  readManifest: readNpmManifest,
  spell(version) {
    if (parse(version)) return succeed(version);
    return fail(
      problem("product", "npm.version", `${version} is no semantic version, so npm does not take it`, {
        next: "for npm a calendar version has three numbers without leading zeros: YYYY.MM.MICRO",
      }),
    );
  },
  bump: bumpNpm,
  async build(context) {
    const prepared = await prepare(context);
    if (!prepared.ok) return prepared;
    const packed = await npmPack({
      directory: join(context.root, context.path),
      outDirectory: context.out,
      logFile: context.logFile,
      redactor: context.redactor,
      signal: context.signal,
      homes: context.homes,
    });
    return packed.ok ? succeed([packed.value.filename]) : packed;
  },
  async published(query) {
    const seen = await npmView(query.name, query.version, reading(query));
    if (!seen.ok) return seen;
    if (seen.value === undefined) return succeed(undefined);
    const file = `${query.name.replace("@", "").replace("/", "-")}-${query.version}.tgz`;
    const digest = digestOf(seen.value.integrity, seen.value.shasum);
    if (digest) return succeed([{ file, ...digest }]);
    return fail(
      problem("infrastructure", "npm.no_digest", `the registry tells no digest of ${query.name} ${query.version}`),
    );
  },
  installCheck: (query) => npmInstallCheck({ name: query.name, version: query.version, ...reading(query) }),
  async registry({ url, signal }) {
    return url === undefined ? await npmRegistry({ signal }) : succeed(url);
  },
  async publishPlan({ name, version, url, files, channel }) {
    return succeed({
      playbook: "publish-npm",
      vars: {
        package_name: name,
        package_version: version,
        package_tarball: files[0] ?? "",
        // What `npm install NAME` gives must stay the newest stable version.
        package_dist_tag: channel ?? "latest",
        ...(url === undefined ? {} : { package_registry: url }),
      },
      tokenVariable: "NPM_TOKEN",
    });
  },
};

function reading({ url, token, redactor, signal }: PackageQuery) {
  return { registry: url, token, redactor, signal };
}

/** The strongest of the digests that the registry tells; `integrity` may list several. */
function digestOf(integrity: string | undefined, shasum: string | undefined): Omit<PublishedFile, "file"> | undefined {
  const sha512 = /(?:^|\s)sha512-([A-Za-z0-9+/=]+)/.exec(integrity ?? "")?.[1];
  if (sha512) return { algorithm: "sha512", digest: Buffer.from(sha512, "base64").toString("hex") };
  return shasum ? { algorithm: "sha1", digest: shasum.toLowerCase() } : undefined;
}

/** A mapping of a manifest; empty when it has none of that name. */
function partOf(manifest: string, key: string): Record<string, unknown> {
  try {
    const part = (JSON.parse(manifest) as Record<string, unknown> | null)?.[key];
    return typeof part === "object" && part !== null ? (part as Record<string, unknown>) : {};
  } catch (error) {
    // A manifest that is no JSON is told by readManifest, with its place.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Scripts that run before packing need what the package depends on; a package without any is packed as it is. */
async function prepare(context: BuildContext): Promise<Outcome<void>> {
  const directory = join(context.root, context.path);
  const scripts = partOf(await readFile(join(directory, "package.json"), "utf8"), "scripts");
  if (!["prepack", "prepare", "prepublish"].some((name) => scripts[name] !== undefined)) return succeed(undefined);
  const result = await runWork("if [ -f package-lock.json ]; then npm ci; else npm install --no-package-lock; fi", {
    cwd: directory,
    network: "host",
    timeoutMs: 900_000,
    logFile: context.logFile,
    redactor: context.redactor,
    signal: context.signal,
    homes: context.homes,
    onLine: context.progress,
    env: { npm_config_audit: "false", npm_config_fund: "false", npm_config_ignore_scripts: "true" },
  });
  if (result.exitCode === 0) return succeed(undefined);
  return fail(
    problem("product", "npm.install_failed", `what ${context.name} needs for packing cannot be installed`, {
      details: `${result.stdout}\n${result.stderr}`.trim().slice(-4000),
      next: "npm ci shows the same failure",
    }),
  );
}
