import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder } from "../../core/files.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";
import { shown } from "../http/get.ts";
import { runWork, type WorkOptions } from "../sandbox/sandbox.ts";

/** A package file and its digests in the forms in which registries tell them. */
export interface PackedNpm {
  readonly path: string;
  readonly filename: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Lower-case hex SHA-1, `dist.shasum` of the registry. */
  readonly shasum: string;
  /** `sha512-…`, `dist.integrity` of the registry. */
  readonly integrity: string;
}

export interface NpmDist {
  readonly integrity: string | undefined;
  readonly shasum: string | undefined;
  readonly tarball: string | undefined;
}

export interface RegistryOptions {
  /** Default: the registry that npm itself is set up for. */
  readonly registry?: string | undefined;
  /** For registries that want to know who reads. */
  readonly token?: string | undefined;
  readonly redactor?: Redactor | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * Packs a package into an empty directory, in the sandbox, since npm runs the package's own prepack scripts. Where they
 * need the network, say so.
 */
export async function npmPack(
  options: Pick<WorkOptions, "logFile" | "redactor" | "signal" | "emit" | "task" | "homes" | "cache"> & {
    readonly directory: string;
    readonly outDirectory: string;
    readonly network?: "host" | "none";
  },
): Promise<Outcome<PackedNpm>> {
  const { directory, outDirectory, network = "none", ...passed } = options;
  await makeFolder(outDirectory);
  // What its scripts write gets the same permissions everywhere: the archive keeps them.
  const result = await runWork(
    'umask 022; npm pack --no-audit --no-fund --no-update-notifier --pack-destination "$PACK_OUT"',
    {
      ...passed,
      cwd: directory,
      network,
      timeoutMs: 300_000,
      writable: [outDirectory],
      env: { PACK_OUT: outDirectory },
    },
  );
  if (result.exitCode !== 0) {
    if (/npm: (?:command )?not found/.test(result.stderr)) return fail(npmMissing());
    return fail(
      problem("product", "npm.pack_failed", `the npm package in ${directory} cannot be packed`, {
        details: `${result.stdout}\n${result.stderr}`.trim().slice(-4000),
        next: "npm pack shows the same failure",
      }),
    );
  }
  const packed = (await readdir(outDirectory)).filter((name) => name.endsWith(".tgz"));
  const filename = packed[0];
  if (filename === undefined || packed.length > 1) {
    return fail(
      problem("product", "npm.pack_failed", `npm pack left ${packed.length} files instead of one in ${outDirectory}`),
    );
  }
  return succeed(await describePackage(join(outDirectory, filename)));
}

/** Digests of a package file. */
export async function describePackage(path: string): Promise<PackedNpm> {
  const bytes = await readFile(path);
  const digest = (algorithm: string, encoding: "hex" | "base64") =>
    createHash(algorithm).update(bytes).digest(encoding);
  return {
    path,
    filename: path.slice(path.lastIndexOf("/") + 1),
    size: bytes.length,
    sha256: digest("sha256", "hex"),
    shasum: digest("sha1", "hex"),
    integrity: `sha512-${digest("sha512", "base64")}`,
  };
}

/** What the registry says of a version; undefined when it does not have it. */
export async function npmView(
  name: string,
  version: string,
  options: RegistryOptions = {},
): Promise<Outcome<NpmDist | undefined>> {
  const named = checkName(name, version);
  if (!named.ok) return named;
  return withNpm(options, async (npm, registry) => {
    const result = await npm(["view", "--json", "--prefer-online", "--", `${name}@${version}`, "dist"]);
    if (!result.ok) return result;
    if (result.value.exitCode !== 0) {
      return saysNotFound(result.value) ? succeed(undefined) : fail(npmFailed("view", registry, result.value));
    }
    const text = result.value.stdout.trim();
    // Known package, unknown version: npm ends well and prints nothing.
    if (text === "") return succeed(undefined);
    const parsed: unknown = parseJson(text);
    const dist = Array.isArray(parsed) ? parsed.at(-1) : parsed;
    if (typeof dist !== "object" || dist === null) {
      return fail(
        problem(
          "infrastructure",
          "npm.registry_nonsense",
          `${shown(registry)} answered npm view with something that is no package`,
        ),
      );
    }
    const text_ = (key: string) => {
      const value = (dist as Record<string, unknown>)[key];
      return typeof value === "string" ? value : undefined;
    };
    return succeed({ integrity: text_("integrity"), shasum: text_("shasum"), tarball: text_("tarball") });
  });
}

/** All versions that the registry has, none when it does not know the package. */
export async function npmVersions(name: string, options: RegistryOptions = {}): Promise<Outcome<string[]>> {
  const named = checkName(name, "0.0.0");
  if (!named.ok) return named;
  return withNpm(options, async (npm, registry) => {
    const result = await npm(["view", "--json", "--prefer-online", "--", name, "versions"]);
    if (!result.ok) return result;
    if (result.value.exitCode !== 0) {
      return saysNotFound(result.value) ? succeed([]) : fail(npmFailed("view", registry, result.value));
    }
    const versions: unknown = parseJson(result.value.stdout);
    return succeed((Array.isArray(versions) ? versions : [versions]).filter((item) => typeof item === "string"));
  });
}

export interface NpmInstallCheck extends RegistryOptions {
  readonly name: string;
  readonly version: string;
  /** Load the package afterwards, in the sandbox. */
  readonly load?: boolean;
}

/** Installs a published version into a scratch folder, as a user would (but without install scripts), and loads it. */
export async function npmInstallCheck(check: NpmInstallCheck): Promise<Outcome<void>> {
  const named = checkName(check.name, check.version);
  if (!named.ok) return named;
  const what = `${check.name} ${check.version}`;
  return withNpm(check, async (npm, registry, scratch) => {
    await writeFile(join(scratch, "package.json"), '{ "private": true, "type": "module" }\n');
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", "--prefer-online"];
    const installed = await npm(["install", ...flags, "--", `${check.name}@${check.version}`]);
    if (!installed.ok) return installed;
    if (installed.value.exitCode !== 0) {
      if (saysNotFound(installed.value)) {
        return fail(
          problem("infrastructure", "npm.install_check_failed", `${what} cannot be installed from ${shown(registry)}`, {
            details: installed.value.stderr.trim().slice(-4000),
            next: "a registry may need some minutes to show a new version; run this again",
          }),
        );
      }
      return fail(npmFailed("install", registry, installed.value));
    }
    if (!check.load) return succeed(undefined);
    const loaded = await runWork('node --input-type=module -e "await import(process.env.CHECK_PACKAGE)"', {
      cwd: scratch,
      network: "none",
      timeoutMs: 60_000,
      env: { CHECK_PACKAGE: check.name },
      ...(check.signal ? { signal: check.signal } : {}),
    });
    if (loaded.exitCode === 0) return succeed(undefined);
    return fail(
      problem("product", "npm.load_failed", `${what} installs, but import "${check.name}" fails`, {
        details: loaded.stderr.trim().slice(-4000),
      }),
    );
  });
}

/** The registry that npm is set up for by its user and machine, as an address ending in `/`. */
export async function npmRegistry(options: Pick<RegistryOptions, "signal"> = {}): Promise<Outcome<string>> {
  const result = await runProcess("npm", ["config", "get", "registry"], {
    // Not the product's folder: its own .npmrc has no say.
    cwd: tmpdir(),
    timeoutMs: 30_000,
    inherit: NPM_VARIABLES,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (result.ended === "not_started") return fail(npmMissing());
  const address = result.stdout.trim();
  if (result.exitCode === 0 && URL.canParse(address)) return succeed(address.replace(/\/*$/, "/"));
  return fail(
    problem("config", "npm.no_registry", "npm does not say which registry it uses", {
      details: result.stderr.slice(-2000),
    }),
  );
}

const NPM_VARIABLES = ["npm_config_registry", "NPM_CONFIG_REGISTRY", "NPM_CONFIG_USERCONFIG", "npm_config_userconfig"];

export type Npm = (args: readonly string[]) => Promise<Outcome<ProcessResult>>;

/**
 * Runs npm in a scratch folder against one registry. A token is named in a user configuration of its own (mode 0600,
 * removed afterwards) that takes its value from the environment, so that it is neither in arguments nor on disk.
 */
export async function withNpm<T>(
  options: RegistryOptions,
  work: (npm: Npm, registry: string, scratch: string) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const registry = options.registry === undefined ? await npmRegistry(options) : succeed(options.registry);
  if (!registry.ok) return registry;
  const address = registry.value.replace(/\/*$/, "/");
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-npm-"));
  try {
    // npm keeps a debug log of each call in the user's home, with every word of the registry's answer: what a refusal
    // repeats of the token would stay there, where no redactor sees it.
    const env: Record<string, string> = { npm_config_registry: address, npm_config_logs_max: "0" };
    if (options.token !== undefined) {
      const config = join(scratch, ".user-npmrc");
      const key = `${address.replace(/^https?:/, "")}:_authToken`;
      await writeFile(config, `${key}=\${CODEMONKEYS_NPM_TOKEN}\n`, { mode: 0o600 });
      Object.assign(env, { npm_config_userconfig: config, CODEMONKEYS_NPM_TOKEN: options.token });
    }
    const npm: Npm = async (args) => {
      const quick = ["--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000"];
      const result = await runProcess("npm", [...quick, "--no-update-notifier", ...args], {
        cwd: scratch,
        env,
        timeoutMs: 180_000,
        ...(options.token === undefined ? { inherit: NPM_VARIABLES } : {}),
        ...(options.redactor ? { redactor: options.redactor } : {}),
        ...(options.signal ? { signal: options.signal } : {}),
      });
      return result.ended === "not_started" ? fail(npmMissing()) : succeed(result);
    };
    return await work(npm, address, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export function checkName(name: string, version: string): Outcome<void> {
  if (NAME.test(name) && /^\d+\.\d+\.\d+[0-9A-Za-z.+-]*$/.test(version)) return succeed(undefined);
  return fail(
    problem("config", "npm.bad_name", `${JSON.stringify(`${name}@${version}`)} is not an npm package and version`),
  );
}

export function saysNotFound({ stdout, stderr }: ProcessResult): boolean {
  return /\b(E404|ETARGET)\b/.test(`${stdout}\n${stderr}`);
}

export function npmFailed(command: string, registry: string, result: ProcessResult): Diagnostic {
  const details = `${result.stdout}\n${result.stderr}`.trim().slice(-4000);
  const at = shown(registry);
  if (/\b(E401|E403|ENEEDAUTH)\b/.test(details)) {
    return problem("secret", "npm.not_authorised", `${at} refused the token, or got none`, {
      details,
      next: "check the npm token that the account of this company names",
    });
  }
  if (
    result.ended === "timeout" ||
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ECONNRESET/.test(details)
  ) {
    return problem("infrastructure", "npm.unreachable", `the registry ${at} could not be reached`, {
      // npm adds its own stack and a word on proxies.
      details: /request to \S+ failed, reason: [^"\n]*/.exec(details)?.[0] ?? details.slice(-600),
      next: "check the address and the network, then run this again",
    });
  }
  return problem("infrastructure", "npm.failed", `npm ${command} failed with exit code ${result.exitCode}`, {
    details,
  });
}

function npmMissing(): Diagnostic {
  return problem("infrastructure", "npm.missing", "npm could not be started", { next: "install Node with npm" });
}

/** JSON, or undefined for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
