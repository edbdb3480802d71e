import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Homes } from "../core/state-home.ts";
import type { Located } from "../core/yaml.ts";
import type { UserConfigFile } from "./user-config-file.ts";

export interface UserConfig {
  readonly organisation: { readonly url: string; readonly ref: string } | undefined;
  /** Who said where the organisation lies: the file, or the variable that wins over it. */
  readonly saidBy: string;
  readonly databaseUrl: string | undefined;
  readonly workspaces: string | undefined;
  /** Undefined: in the state folder. */
  readonly artifacts: string | undefined;
  readonly homes: Homes;
  readonly file: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the user's configuration. `CODEMONKEYS_ORGANISATION` (`url` or `url#ref`) and `CODEMONKEYS_WORKSPACES` win over
 * the file; relative paths in the file are relative to it. A missing file is an empty one.
 */
export async function readUserConfig(homes: Homes, environment: Environment): Promise<Outcome<UserConfig>> {
  const file = join(homes.config, "config.yaml");
  const text = textOf(file);
  // Only who has such a file pays for what reads it.
  const read = text === undefined ? undefined : (await import("./user-config-file.ts")).readUserConfigFile(text, file);
  if (read && !read.ok) return read;
  const { value, place } = read?.value ?? EMPTY;
  const local = (path: string) => (isAbsolute(path) ? path : resolve(homes.config, path));
  let organisation = value.organisation
    ? { url: pathOrUrl(value.organisation.url, local), ref: value.organisation.ref }
    : undefined;
  const fromEnvironment = environment.CODEMONKEYS_ORGANISATION;
  if (fromEnvironment) {
    const [url = "", ref = "main"] = fromEnvironment.split("#");
    organisation = { url: pathOrUrl(url, (path) => resolve(path)), ref };
  }
  let databaseUrl: string | undefined;
  if (value.database) {
    databaseUrl = environment[value.database.url_env];
    if (!databaseUrl) {
      return fail(
        problem("secret", "user_config.database_url", `the environment variable ${value.database.url_env} is not set`, {
          where: place(["database", "url_env"]),
          next: `set ${value.database.url_env} to a postgres:// URL, or remove database to use SQLite`,
        }),
      );
    }
  }
  const workspaces = environment.CODEMONKEYS_WORKSPACES ?? (value.workspaces ? local(value.workspaces) : undefined);
  return succeed({
    organisation,
    saidBy: fromEnvironment ? "CODEMONKEYS_ORGANISATION" : file,
    databaseUrl,
    workspaces,
    artifacts: environment.CODEMONKEYS_ARTIFACTS ?? (value.artifacts ? local(value.artifacts) : undefined),
    homes: value.state && !environment.CODEMONKEYS_STATE ? { ...homes, state: local(value.state) } : homes,
    file,
  });
}

const EMPTY: Located<UserConfigFile> = { value: {}, place: () => ({ file: "" }) };

/** Without `node:fs/promises`, which takes its time to load and is not needed for what only shows something. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

function pathOrUrl(text: string, local: (path: string) => string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^[^/\\]+@[^/\\]+:/.test(text) ? text : local(text);
}
