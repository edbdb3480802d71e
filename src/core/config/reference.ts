import { OPTION_NAMES, optionOf, type ValueType } from "./options.ts";
import { showDefault } from "./schema.ts";

const TYPES: Record<ValueType, string> = {
  boolean: "true or false",
  integer: "a whole number",
  text: "text",
  path: "a path",
  variable: "an environment variable's name",
  url: "an address",
  secret: "name of an entry of an encrypted secrets file",
  registry: "true, false, or a mapping of `url` and of `token_env` or `token_secret`",
};

/** The reference page of the configuration, as Markdown. */
export function configReference(): string {
  const groups = Map.groupBy(OPTION_NAMES, (name) => name.split(".").slice(0, -1).join("."));
  const sections = [...groups].flatMap(([group, names]) => [
    "",
    `## ${group}`,
    "",
    "| key | value | default | meaning | a product may override it |",
    "|---|---|---|---|---|",
    ...names.map((name) => {
      const option = optionOf(name);
      const fallback = option.default === undefined ? "not set" : `\`${showDefault(name)}\``;
      const cells = [
        `\`${name}\``,
        option.choices?.map((choice) => `\`${choice}\``).join(", ") ?? TYPES[option.type],
        fallback,
        option.description,
        !option.overridable ? "no" : option.type === "registry" ? "on and off only" : "yes",
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  ]);
  return [
    "# Configuration",
    "",
    "<!-- Generated from src/core/config/options.ts by scripts/generate-reference.ts. Do not edit. -->",
    "",
    "`.codemonkeys/config.yaml` says how tools are reached. There are two layers: the organisation's file, then the",
    "product's. `codemonkeys config explain KEY` shows a key's value, where it was set, and what was refused.",
    "",
    "Which keys a product may override is the organisation's to say: its file can have a list `overridable` with keys",
    "or patterns such as `ship.registries.*`, which then replaces the last column of these tables. A value that a product",
    "may not set does not count, and a warning says so.",
    "",
    "No token ever stands in a config file: `token_env` names the environment variable that holds it, `token_secret` the entry of an [encrypted secrets file](../secrets.md).",
    ...sections,
    "",
  ].join("\n");
}
