import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Redactor } from "../../core/redact.ts";
import { isHarmless } from "./settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Handed to product commands besides core's list: where tool chains and their package sources are. Everything else,
 * tokens above all, stays out.
 */
const TOOL_CHAINS = [
  "RUSTUP_HOME",
  "RUSTUP_AUTO_INSTALL",
  "PYENV_ROOT",
  "JAVA_HOME",
  "NVM_DIR",
  "VOLTA_HOME",
  "GOPROXY",
  "GOFLAGS",
  "GONOSUMDB",
  "GOSUMDB",
  "PIP_CERT",
  "PIP_INDEX_URL",
  "PIP_FIND_LINKS",
  "npm_config_registry",
  "NPM_CONFIG_REGISTRY",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
] as const;

/** Variables of core's own list that may carry a password in a URL. */
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] as const;

/** Directories that tools look for below the home; found in the real one, they are named by variable instead. */
const HOME_DEFAULTS = { RUSTUP_HOME: ".rustup", PYENV_ROOT: ".pyenv" } as const;

/**
 * The variables set for a product command. `places` are directories of its own; whatever holds a known secret or
 * credentials in a URL is left out.
 */
export function workEnvironment(
  parent: Environment,
  places: {
    readonly realHome: string;
    readonly home: string;
    readonly tmp: string;
    readonly cache: string | undefined;
  },
  redactor: Redactor,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of TOOL_CHAINS) {
    const value = parent[name];
    if (value !== undefined && isHarmless(value, redactor)) env[name] = value;
  }
  for (const [name, path] of Object.entries(HOME_DEFAULTS)) {
    const place = join(places.realHome, path);
    if (env[name] === undefined && existsSync(place)) env[name] = place;
  }
  for (const name of PROXIES) {
    const value = parent[name];
    // An empty value stands over the one that core would hand down.
    if (value !== undefined && !isHarmless(value, redactor)) env[name] = "";
  }
  // Nobody reads a build's hints to update its tools, and each asks the network.
  env.npm_config_update_notifier = "false";
  env.PIP_DISABLE_PIP_VERSION_CHECK = "1";
  env.HOME = places.home;
  env.TMPDIR = places.tmp;
  env.TEMP = places.tmp;
  env.TMP = places.tmp;
  if (places.cache !== undefined) {
    env.npm_config_cache = join(places.cache, "npm");
    env.PIP_CACHE_DIR = join(places.cache, "pip");
    env.GOMODCACHE = join(places.cache, "go-mod");
    env.GOCACHE = join(places.cache, "go-build");
    env.CARGO_HOME = join(places.cache, "cargo");
  }
  const maven = mavenOptions(places);
  if (maven !== undefined) env.MAVEN_OPTS = maven;
  return env;
}

/**
 * Java asks the system's list of users for the home, not HOME: Maven would look for its settings in the real one, where
 * what is hidden is an empty file that it takes for a broken one. What the person has downloaded stays in use.
 */
function mavenOptions(places: {
  readonly realHome: string;
  readonly home: string;
  readonly cache: string | undefined;
}) {
  const own = join(places.realHome, ".m2", "repository");
  const repository = existsSync(own) ? own : places.cache === undefined ? undefined : join(places.cache, "maven");
  const options = [
    `-Duser.home=${places.home}`,
    ...(repository === undefined ? [] : [`-Dmaven.repo.local=${repository}`]),
  ];
  // Maven's script splits them at spaces, and knows no quotes.
  return options.some((option) => /\s/.test(option)) ? undefined : options.join(" ");
}
