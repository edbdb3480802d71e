import {
  isOptionName,
  OPTION_NAMES,
  type OptionName,
  type OptionValue,
  optionOf,
  type RegistrySetting,
} from "./config/options.ts";
import { optionMatches, organisationConfigSchema, productConfigSchema, showDefault } from "./config/schema.ts";
import { type Diagnostic, fail, type Outcome, problem, type SourcePlace, succeed } from "./diagnostic.ts";
import { didYouMean } from "./suggest.ts";
import { type Located, readYaml } from "./yaml.ts";

export { OPTION_NAMES, type OptionName, type OptionValue, type RegistrySetting };

export type LayerName = "organisation" | "product";

/** One config file as it was read; who reads it decides from which ref. */
export interface ConfigLayer {
  readonly layer: LayerName;
  readonly text: string;
  /** Path shown in diagnostics. */
  readonly file: string;
  readonly commit?: string;
}

/** A value and where it was said. */
export interface Said {
  readonly layer: LayerName;
  readonly value: unknown;
  readonly where: SourcePlace;
}

/** Everything there is to know about one key. */
export interface Explanation {
  readonly name: OptionName;
  readonly description: string;
  readonly value: unknown;
  readonly default: string;
  /** The layer whose value counts; `default` when no file sets the key. */
  readonly from: LayerName | "default";
  /** Where the value that counts is written. */
  readonly where: SourcePlace | undefined;
  /** Whether a product may override it, and what says so. */
  readonly overridable: boolean;
  readonly overridableWhere: SourcePlace | undefined;
  /** Values that other files give and that do not count: overridden, or refused because a product may not set them. */
  readonly overridden: readonly Said[];
  readonly refused: readonly Said[];
}

/** The resolved configuration: every key has a value (or is knowingly not set), and knows where it came from. */
export interface Config {
  get<N extends OptionName>(name: N): OptionValue<N>;
  explain(name: OptionName): Explanation;
}

/** What a product may override, and where the organisation says so. */
interface Overriding {
  allows(name: OptionName): boolean;
  readonly where: SourcePlace | undefined;
}

/**
 * Reads and merges config files. The product's values go over the organisation's for the keys that the organisation
 * lets products override; other values of the product are refused: they do not count, and a warning says so. All
 * problems of all files come together.
 */
export function readConfig(layers: readonly ConfigLayer[]): Outcome<Config> {
  const diagnostics: Diagnostic[] = [];
  const read: { layer: LayerName; file: Located<Record<string, unknown>> }[] = [];
  for (const { layer, text, ...options } of layers) {
    const schema = layer === "organisation" ? organisationConfigSchema : productConfigSchema;
    const outcome = readYaml(text, schema, { ...options, codes: "config" });
    if (outcome.ok) read.push({ layer, file: outcome.value });
    else
      diagnostics.push(
        ...outcome.diagnostics.map(conceal).map((one) => (layer === "product" ? explainOverridable(one) : one)),
      );
  }
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const organisation = read.find((one) => one.layer === "organisation")?.file;
  const may = overridableBy(organisation);
  const entries = new Map<OptionName, Explanation>();
  const warnings: Diagnostic[] = [];
  for (const name of OPTION_NAMES) {
    const entry = resolve(name, read, may);
    entries.set(name, entry);
    warnings.push(...entry.refused.map((said) => refusal(name, said, may)));
  }
  return succeed(configOf(entries), warnings);
}

/** The configuration when there are no files at all. */
export function defaultConfig(): Config {
  const config = readConfig([]);
  if (!config.ok) throw new Error("the defaults are a valid configuration");
  return config.value;
}

function configOf(entries: ReadonlyMap<OptionName, Explanation>): Config {
  const explain = (name: OptionName): Explanation => {
    const entry = entries.get(name);
    if (!entry) throw new Error(`unknown configuration key ${name}`);
    return entry;
  };
  return { explain, get: <N extends OptionName>(name: N) => explain(name).value as OptionValue<N> };
}

/** Finds the key that a person names on the command line. */
export function findOption(name: string): Outcome<OptionName> {
  if (isOptionName(name)) return succeed(name);
  const meant =
    didYouMean(name, OPTION_NAMES) ?? OPTION_NAMES.find((one) => one.endsWith(`.${name}`) || one === `ship.${name}`);
  return fail(
    problem("config", "config.unknown_key", `there is no configuration key ${name}`, {
      next: meant ? `did you mean ${meant}?` : `the keys are: ${OPTION_NAMES.join(", ")}`,
    }),
  );
}

function resolve(
  name: OptionName,
  read: readonly { layer: LayerName; file: Located<Record<string, unknown>> }[],
  may: Overriding,
): Explanation {
  const path = name.split(".");
  const option = optionOf(name);
  const said = read.flatMap(({ layer, file }): Said[] => {
    const value = valueAt(file.value, path);
    return value === undefined ? [] : [{ layer, value, where: file.place(path) }];
  });
  const counts = said.filter((one) => one.layer === "organisation" || (may.allows(name) && !redirects(one, name, may)));
  const last = counts.at(-1);
  const value = option.type === "registry" ? mergedRegistry(option.default as RegistrySetting, counts) : last?.value;
  return {
    name,
    description: option.description,
    value: last ? value : option.default,
    default: showDefault(name),
    from: last?.layer ?? "default",
    where: last?.where,
    overridable: may.allows(name),
    overridableWhere: may.where,
    overridden: counts.slice(0, -1),
    refused: said.filter((one) => !counts.includes(one)),
  };
}

/**
 * A product may switch publishing on and off. Where its packages go and with which token is the organisation's word,
 * unless its file lists the key as overridable: a product that could name both would be handed the token.
 */
function redirects({ value }: Said, name: OptionName, may: Overriding): boolean {
  if (optionOf(name).type !== "registry" || may.where) return false;
  const { url, token_env, token_secret } = value as RegistrySetting;
  return url !== undefined || token_env !== undefined || token_secret !== undefined;
}

/** Part by part: `true` in a product's file does not forget the organisation's address. */
function mergedRegistry(fallback: RegistrySetting, said: readonly Said[]): RegistrySetting {
  return said.reduce((merged, one) => {
    const { enabled, url, token_env, token_secret } = one.value as RegistrySetting;
    // Who names one place of the token means it instead of the other.
    const token = (token_env ?? token_secret) ? { token_env, token_secret } : merged;
    return { enabled, url: url ?? merged.url, token_env: token.token_env, token_secret: token.token_secret };
  }, fallback);
}

function overridableBy(organisation: Located<Record<string, unknown>> | undefined): Overriding {
  const list = organisation?.value.overridable as readonly string[] | undefined;
  return {
    allows: (name) => (list ? list.some((pattern) => optionMatches(pattern, name)) : optionOf(name).overridable),
    where: list ? organisation?.place(["overridable"]) : undefined,
  };
}

function refusal(name: OptionName, said: Said, may: Overriding): Diagnostic {
  return problem(
    "config",
    "config.not_overridable",
    `${name} is the organisation's to set; this value does not count`,
    {
      severity: "warning",
      where: said.where,
      next: may.where
        ? `remove it here, or have ${name} added to \`overridable\` in the organisation's config.yaml`
        : `remove it here, or have an \`overridable\` list with ${name} written into the organisation's config.yaml`,
    },
  );
}

/** Where a secret may have been pasted by mistake, the line is not shown again. */
function conceal(diagnostic: Diagnostic): Diagnostic {
  if (!diagnostic.where || !/_env\b|_secret\b|credentials/.test(diagnostic.message)) return diagnostic;
  const { excerpt: _, ...where } = diagnostic.where;
  return { ...diagnostic, where };
}

/** `overridable` in a product's file is no typing error, so the message says what it is. */
function explainOverridable(diagnostic: Diagnostic): Diagnostic {
  if (diagnostic.code !== "config.unknown_key" || !/^unknown key overridable\b/.test(diagnostic.message)) {
    return diagnostic;
  }
  return {
    ...diagnostic,
    message: "overridable stands in the organisation's config.yaml only",
    next: "remove it here",
  };
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<string, unknown>)[part];
  }
  return current;
}
