import { OPTION_NAMES, optionOf, type RegistrySetting } from "../core/config/options.ts";
import type { Config } from "../core/config.ts";
import type { Redactor } from "../core/redact.ts";
import type { Fleet } from "../pipeline/fleet.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A shorter value of a variable that only looks like a token by its name is more likely a word than a secret. */
const SHORTEST_BY_NAME = 6;
/** Of a variable that somebody named as a token's, anything but a single letter or a number as short is one. */
const SHORTEST_NAMED = 4;

/**
 * Values of variables that are tokens by their name are secrets before anything is read: whatever prints them, they are
 * redacted. Which variables really are tokens the fleet and the configuration say; this covers the rest of the machine's.
 */
export function registerByName(environment: Environment, redactor: Redactor): void {
  for (const [name, value] of Object.entries(environment)) {
    if (/(TOKEN|PASSWORD|PASSWD|SECRET|API_?KEY|PRIVATE_KEY|CREDENTIALS?)$/i.test(name)) {
      add(redactor, value, SHORTEST_BY_NAME);
    }
  }
}

/** Values of the variables that the fleet's accounts name, of all companies: what one run prints another may read. */
export function registerFleet(fleet: Fleet, environment: Environment, redactor: Redactor): void {
  for (const { accounts } of Object.values(fleet.companies)) {
    for (const { token_env } of Object.values(accounts)) {
      if (token_env !== undefined) add(redactor, environment[token_env], SHORTEST_NAMED);
    }
  }
}

/** Values of the variables that a product's configuration names: tokens of registries, addresses that hold a secret. */
export function registerConfig(config: Config, environment: Environment, redactor: Redactor): void {
  for (const name of OPTION_NAMES) {
    const { type } = optionOf(name);
    if (type !== "variable" && type !== "registry") continue;
    const value = config.get(name) as string | RegistrySetting | undefined;
    const variable = typeof value === "object" ? value.token_env : value;
    if (variable !== undefined) add(redactor, environment[variable], SHORTEST_NAMED);
  }
}

/** The password of a database's address, as it stands there and as it is meant. */
export function registerUrlPassword(url: string, redactor: Redactor): void {
  if (!URL.canParse(url)) return;
  const { password } = new URL(url);
  add(redactor, password, SHORTEST_NAMED);
  try {
    add(redactor, decodeURIComponent(password), SHORTEST_NAMED);
  } catch (error) {
    // A stray percent sign is no encoding; the password is what stands there.
    if (!(error instanceof URIError)) throw error;
  }
}

function add(redactor: Redactor, value: string | undefined, shortest: number): void {
  if (value === undefined || value.trim().length < shortest) return;
  redactor.add(value);
  // "user:password", as Python indexes take it: tools print the password alone.
  const password = /^[^:/\s]+:(?!\/\/)(.+)$/s.exec(value)?.[1];
  if (password !== undefined && password.length >= SHORTEST_BY_NAME) redactor.add(password);
}
