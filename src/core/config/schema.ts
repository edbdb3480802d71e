import * as z from "zod";
import { didYouMean } from "../suggest.ts";
import { OPTION_NAMES, type OptionName, optionOf, type RegistrySetting } from "./options.ts";

/** The schemas of the config files, made from the options table. */

/** Capitals only: so that a pasted token, which nearly always has small letters, is not taken for a name. */
const variable = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, "the name of an environment variable, in capitals, and not its value");
/** The name of an encrypted entry: what may stand in SOPS' path to it, in a file name and in fleet.yaml alike. */
const secret = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,62}$/, "the name of an entry of an encrypted secrets file, and not its value");
const line = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}]*$/u, "one line of text");
const url = z
  .url({ protocol: /^https?$/, error: "an http or https address" })
  .refine(
    (address) => !/^[a-z]+:\/\/[^/]*@/i.test(address),
    "an address has no credentials in it: name the variable with the token under token_env, or the encrypted entry under token_secret",
  );

function schemaOf(name: OptionName): z.ZodType {
  const { type, min, choices } = optionOf(name);
  switch (type) {
    case "boolean":
      return z.boolean();
    case "integer":
      return z.int().min(min ?? 0);
    case "text":
      return choices ? z.enum(choices) : line;
    case "path":
      return line;
    case "variable":
      return variable;
    case "secret":
      return secret;
    case "url":
      return url;
    case "registry": {
      const mapping = z.strictObject({
        url: url.optional().describe("address of the registry, without credentials"),
        token_env: variable.optional().describe("environment variable with the token"),
        token_secret: secret.optional().describe("entry of an encrypted secrets file with the token"),
      });
      return z.union([z.boolean(), mapping]).transform(
        (value): RegistrySetting =>
          typeof value === "boolean"
            ? { enabled: value, url: undefined, token_env: undefined, token_secret: undefined }
            : {
                enabled: true,
                url: value.url,
                token_env: value.token_env,
                token_secret: value.token_secret,
              },
      );
    }
  }
}

interface Branch {
  [key: string]: Branch | OptionName;
}

function tree(): Branch {
  const root: Branch = {};
  for (const name of OPTION_NAMES) {
    const parts = name.split(".");
    const last = parts.pop() as string;
    let at = root;
    for (const part of parts) {
      at[part] ??= {};
      at = at[part] as Branch;
    }
    at[last] = name;
  }
  return root;
}

function objectOf(branch: Branch): z.ZodObject {
  const shape: Record<string, z.ZodType> = {};
  for (const [key, value] of Object.entries(branch)) {
    shape[key] =
      typeof value === "string"
        ? schemaOf(value).describe(describeOption(value)).optional()
        : objectOf(value).optional();
  }
  return z.strictObject(shape);
}

function describeOption(name: OptionName): string {
  const shown = showDefault(name);
  return `${optionOf(name).description} (default: ${shown})`;
}

/** A key's default in words. */
export function showDefault(name: OptionName): string {
  return showValue(optionOf(name).default);
}

/** A value in words: registries are settings of their own, lists and whatever else stands there as JSON. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  if (value === "") return "empty";
  if (typeof value !== "object") return String(value);
  if (!("enabled" in value)) return JSON.stringify(value);
  const { enabled, url, token_env, token_secret } = value as Partial<RegistrySetting>;
  if (!enabled) return "false";
  const token = token_secret ? `the secret ${token_secret}` : token_env;
  return `true${url ? ` at ${url}` : ""}${token ? `, with the token in ${token}` : ""}`;
}

/** A product's `.codemonkeys/config.yaml`. */
export const productConfigSchema = objectOf(tree());

/** The organisation's file: the same keys, and which of them a product may override. */
export const organisationConfigSchema = productConfigSchema.extend({
  overridable: z
    .array(
      z.string().refine((pattern) => OPTION_NAMES.some((name) => optionMatches(pattern, name)), {
        error: ({ input }) => {
          const meant = didYouMean(String(input), OPTION_NAMES);
          return `no key of the configuration matches ${input}${meant ? `; did you mean ${meant}?` : ""}`;
        },
      }),
    )
    .optional()
    .describe(
      "keys that a product may override, such as `ship.registries.*`; all but security and secrets when absent",
    ),
});

/** `model.*` covers every key below `model`; `*` covers all; else the names must be equal. */
export function optionMatches(pattern: string, name: string): boolean {
  if (pattern === "*") return true;
  return pattern.endsWith(".*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** JSON Schema for editors. The organisation's file has one more key than a product's, and one schema serves both. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(organisationConfigSchema, { io: "input" });
  return {
    $schema,
    title: ".codemonkeys/config.yaml of Code Monkeys Ship",
    description: "How tools are reached. Layered: the organisation's file, then the product's.",
    ...rest,
  };
}
