import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";
import { exposedKey, type Identity, withoutCoreDumps } from "./identity.ts";

/** An encrypted file as its repository holds it. */
export interface EncryptedFile {
  /** Relative to its repository; for messages, and for SOPS to tell the format. */
  readonly path: string;
  readonly text: string;
}

export interface SopsOptions {
  readonly identity: Identity;
  readonly redactor: Redactor;
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 60_000;
const NOWHERE = "/nonexistent";

/**
 * Decrypts single entries, each by a SOPS of its own that writes this one value to a pipe: nothing else of the file is
 * ever in this process, and nothing is in arguments or on disk. What comes back is known to the redactor already.
 *
 * @param permit for exactly these names
 * @param wanted by name, the file that holds the entry
 */
export async function readEntries(
  permit: Permit<"secret.read">,
  target: Target<"secret.read">,
  wanted: ReadonlyMap<string, EncryptedFile>,
  options: SopsOptions,
): Promise<Outcome<ReadonlyMap<string, string>>> {
  return await perform(permit, "secret.read", target, async () => {
    const values = new Map<string, string>();
    const warnings = await withoutDumps(options.identity);
    for (const [name, file] of wanted) {
      const args = ["decrypt", "--input-type", "yaml", "--extract", pathOf(name), "--filename-override", file.path];
      const done = await sops(args, { ...options, input: file.text });
      if (!done.ok) return done;
      if (done.value.exitCode !== 0) return fail(refusal(done.value, file.path, name));
      const { stdout } = done.value;
      if (stdout.trim() === "") {
        return fail(
          problem("secret", "secrets.empty", `${name} in ${file.path} is empty`, {
            next: `codemonkeys secrets set ${name}`,
          }),
        );
      }
      options.redactor.add(stdout);
      values.set(name, stdout);
    }
    return succeed(values, warnings);
  });
}

/** SOPS' path of a top-level entry. */
export function pathOf(name: string): string {
  return `[${JSON.stringify(name)}]`;
}

interface Call extends SopsOptions {
  readonly input?: string;
  readonly cwd?: string;
}

/**
 * Runs SOPS. Its standard output may be a secret: it is not redacted here, never logged, and handed back as it is.
 * Fails only when SOPS cannot be started or does not end.
 */
export async function sops(args: readonly string[], call: Call): Promise<Outcome<ProcessResult>> {
  const result = await runProcess("sops", ["--disable-version-check", ...args], {
    cwd: call.cwd ?? "/",
    // SOPS would try the keys of its default place as well; only the one that is meant counts.
    env: { HOME: NOWHERE, XDG_CONFIG_HOME: NOWHERE, ...call.identity.environment },
    timeoutMs: TIMEOUT_MS,
    ...(call.input === undefined ? {} : { input: call.input }),
    ...(call.signal ? { signal: call.signal } : {}),
  });
  if (result.ended === "not_started") return fail(sopsMissing());
  if (result.ended === "timeout") {
    return fail(problem("infrastructure", "secrets.timeout", `SOPS did not end within ${TIMEOUT_MS / 1000} s`));
  }
  return succeed(result);
}

export function sopsMissing(): Diagnostic {
  return problem("infrastructure", "secrets.sops_missing", "SOPS could not be started", {
    next: "install it and put it on PATH: scripts/install-sops.sh builds it by name from its Go module",
  });
}

/** Whether SOPS is there; how `setup_required` lists it. */
export async function sopsThere(signal?: AbortSignal): Promise<boolean> {
  const result = await runProcess("sops", ["--version", "--disable-version-check"], {
    cwd: "/",
    timeoutMs: TIMEOUT_MS,
    ...(signal ? { signal } : {}),
  });
  return result.exitCode === 0;
}

/** What a SOPS that refused meant, in words that say what to do. Its own words name files and keys, never values. */
export function refusal(result: ProcessResult, path: string, name?: string): Diagnostic {
  const details = result.stderr.trim().slice(-2000);
  const what = name === undefined ? path : `${name} in ${path}`;
  if (/component .* not found|not found in tree/i.test(details)) {
    return problem("secret", "secrets.missing", `${what} does not exist`, {
      next: `codemonkeys secrets set ${name ?? "NAME"}, then commit the file`,
    });
  }
  if (/metadata not found|no matching creation rules|is not encrypted/i.test(details)) {
    return problem("secret", "secrets.not_encrypted", `${path} is not encrypted by SOPS`, {
      where: { file: path },
      next: "if secrets stand there in plain text, revoke them, take the file out of the history, and set them again with codemonkeys secrets set",
    });
  }
  if (/MAC mismatch|integrity|could not decrypt value|authentication failed/i.test(details)) {
    return problem("secret", "secrets.tampered", `${path} was changed by something other than SOPS`, {
      where: { file: path },
      next: "look at its history, take the last good state back, and set changed entries with codemonkeys secrets set",
      details,
    });
  }
  if (/no identity matched|data key|no key could|failed to load age identities/i.test(details)) {
    return problem("secret", "secrets.cannot_decrypt", `this machine's age key does not open ${path}`, {
      next: "let someone who can open it add this machine's public key: codemonkeys secrets rotate --add-recipient age1…",
      details,
    });
  }
  return problem("secret", "secrets.sops_failed", `SOPS failed on ${what} with exit code ${result.exitCode}`, {
    details,
  });
}

/** Switches core dumps off before anything is decrypted; warns where that fails, or where the key lies open. */
export async function withoutDumps(identity: Identity): Promise<Diagnostic[]> {
  const exposed = exposedKey(identity);
  if (await withoutCoreDumps()) return exposed;
  return [
    ...exposed,
    problem("secret", "secrets.core_dumps", "core dumps of this process could not be switched off", {
      severity: "warning",
      next: "run it under `ulimit -c 0`, or install prlimit (package util-linux)",
    }),
  ];
}
