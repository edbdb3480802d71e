import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Diagnostic, problem } from "../../core/diagnostic.ts";
import { runProcess } from "../../core/process.ts";

/** Which age key opens the files. The key itself never passes through here unless the environment holds it already. */
export interface Identity {
  /** The variables that tell SOPS; set for its process only. */
  readonly environment: Readonly<Record<string, string>>;
  /** The key file; undefined where the environment holds the key. */
  readonly file: string | undefined;
  /** As people know it. */
  readonly shown: string;
  readonly exists: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The age key: the configured file (`~` is the home), else the file or key that SOPS' own variables name
 * (`SOPS_AGE_KEY_FILE`, `SOPS_AGE_KEY`), else SOPS' default place.
 */
export function identityOf(configured: string | undefined, environment: Environment): Identity {
  const home = environment.HOME ?? homedir();
  const named = configured ?? environment.SOPS_AGE_KEY_FILE;
  const key = environment.SOPS_AGE_KEY;
  if (named === undefined && key) {
    return { environment: { SOPS_AGE_KEY: key }, file: undefined, shown: "SOPS_AGE_KEY", exists: true };
  }
  const fallback = join(environment.XDG_CONFIG_HOME || join(home, ".config"), "sops", "age", "keys.txt");
  const file = named === undefined ? fallback : named.replace(/^~(?=\/|$)/, home);
  return { environment: { SOPS_AGE_KEY_FILE: file }, file, shown: named ?? file, exists: existsSync(file) };
}

/** A key file that others on this machine can read is told, once a run. */
export function exposedKey({ file, shown }: Identity): Diagnostic[] {
  if (file === undefined || process.platform === "win32") return [];
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & 0o077) === 0) return [];
  return [
    problem("secret", "secrets.key_readable", `other users of this machine can read the age key ${shown}`, {
      severity: "warning",
      next: `chmod 600 ${shown}`,
    }),
  ];
}

let quiet: Promise<boolean> | undefined;

/**
 * Keeps decrypted values out of core dumps: sets this process's limit for them to nothing; programs it starts inherit
 * it. False where that is not possible (no `prlimit`, as on macOS).
 */
export function withoutCoreDumps(): Promise<boolean> {
  quiet ??= (async () => {
    if (process.platform !== "linux") return false;
    const set = await runProcess("prlimit", ["--core=0:", "--pid", String(process.pid)], {
      cwd: "/",
      timeoutMs: 10_000,
    });
    return set.exitCode === 0;
  })();
  return quiet;
}
