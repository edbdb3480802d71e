import * as z from "zod";
import type { Outcome } from "../core/diagnostic.ts";
import { type Located, readYaml } from "../core/yaml.ts";

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
  artifacts: z
    .string()
    .min(1)
    .optional()
    .describe("folder of the artefact store, where several machines share one; in the state folder without it"),
});
export type UserConfigFile = z.infer<typeof userConfigSchema>;

/** Reads the text of the user's configuration; `file` is shown in diagnostics, with code `user_config.…`. */
export function readUserConfigFile(text: string, file: string): Outcome<Located<UserConfigFile>> {
  return readYaml(text, userConfigSchema, { file, codes: "user_config" });
}
