import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Homes } from "../core/state-home.ts";
import { readYaml } from "../core/yaml.ts";

/**
 * The user's own configuration (`<config home>/config.yaml`): where the organisation lies. It never comes from a
 * product. On Jenkins, JCasC sets the environment variables instead, which win.
 */
export const userConfigSchema = z.strictObject({
  organisation: z
    .strictObject({
      url: z.string().min(1).describe("URL or path of the organisation's git repository"),
      ref: z.string().min(1).default("main").describe("its protected branch"),
    })
    .optional(),
  database: z
    .strictObject({ url_env: z.string().min(1).describe("environment variable that holds a postgres:// URL") })
    .optional(),
  workspaces: z.string().min(1).optional().describe("folder in which products are checked out, one folder each"),
  state: z.string().min(1).optional().describe("folder of database, audit log, artefacts and kept logs"),
});

export interface UserConfig {
  readonly organisation: { readonly url: string; readonly ref: string } | undefined;
  readonly databaseUrl: string | undefined;
  readonly workspaces: string | undefined;
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
  let text = "";
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const read = readYaml(text, userConfigSchema, { file, codes: "user_config" });
  if (!read.ok) return read;
  const { value, place } = read.value;
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
    databaseUrl,
    workspaces,
    homes: value.state && !environment.CODEMONKEYS_STATE ? { ...homes, state: local(value.state) } : homes,
    file,
  });
}

function pathOrUrl(text: string, local: (path: string) => string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^[^/\\]+@[^/\\]+:/.test(text) ? text : local(text);
}
