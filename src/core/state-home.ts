import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where things live on this machine (XDG base directories). State is what must not be lost (database, audit log, kept
 * logs, artefacts); cache can be made anew (installed tools).
 */
export interface Homes {
  readonly config: string;
  readonly state: string;
  readonly cache: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `CODEMONKEYS_CONFIG_HOME`, `CODEMONKEYS_STATE` and `CODEMONKEYS_CACHE` override the XDG places. */
export function homes(env: Environment = process.env): Homes {
  const home = env.HOME ?? homedir();
  const xdg = (name: string, fallback: string) => join(env[name] || join(home, fallback), "codemonkeys");
  return {
    config: env.CODEMONKEYS_CONFIG_HOME || xdg("XDG_CONFIG_HOME", ".config"),
    state: env.CODEMONKEYS_STATE || xdg("XDG_STATE_HOME", join(".local", "state")),
    cache: env.CODEMONKEYS_CACHE || xdg("XDG_CACHE_HOME", ".cache"),
  };
}
