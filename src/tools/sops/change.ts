import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { writeFileAtomic } from "../../core/files.ts";
import type { Permit } from "../../core/permit.ts";
import { runAttached, runProcess } from "../../core/process.ts";
import type { Identity } from "./identity.ts";
import { pathOf, refusal, type SopsOptions, sops, sopsMissing, withoutDumps } from "./sops.ts";

/** A secrets file in a work tree. */
export interface FilePlace {
  readonly root: string;
  readonly path: string;
}

/**
 * Puts one value into an encrypted file, which is made for `recipients` when it is not there. The value goes through a
 * pipe; the other entries keep their ciphertext.
 *
 * @param recipients age public keys for a new file; with none, what the repository's `.sops.yaml` says
 */
export async function putEntry(
  permit: Permit<"secret.write">,
  target: Target<"secret.write">,
  entry: { readonly name: string; readonly value: string; readonly before: string | undefined },
  {
    place,
    recipients,
    ...options
  }: SopsOptions & { readonly place: FilePlace; readonly recipients: readonly string[] },
): Promise<Outcome<void>> {
  return await perform(permit, "secret.write", target, async () => {
    const { name, value, before } = entry;
    options.redactor.add(value);
    const file = join(place.root, place.path);
    const warnings = await withoutDumps(options.identity);
    if (before === undefined) {
      const whom = recipients.length > 0 ? ["--age", recipients.join(",")] : [];
      const kind = ["--input-type", "json", "--output-type", "yaml"];
      const made = await sops(["encrypt", ...whom, ...kind, "--filename-override", place.path], {
        ...options,
        cwd: place.root,
        input: JSON.stringify({ [name]: value }),
      });
      if (!made.ok) return made;
      if (made.value.exitCode !== 0) return fail(refusal(made.value, place.path));
      await writeFileAtomic(file, made.value.stdout);
      return succeed(undefined, warnings);
    }
    return await onCopy(file, before, async (copy) => {
      const set = await sops(["set", "--value-stdin", copy, pathOf(name)], {
        ...options,
        input: JSON.stringify(value),
      });
      if (!set.ok) return set;
      return set.value.exitCode === 0 ? succeed(undefined, warnings) : fail(refusal(set.value, place.path, name));
    });
  });
}

/** Encrypts a file's values with a new data key, for the same recipients or with some added or removed. */
export async function rotateFile(
  permit: Permit<"secret.write">,
  target: Target<"secret.write">,
  change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  { place, ...options }: SopsOptions & { readonly place: FilePlace },
): Promise<Outcome<void>> {
  return await perform(permit, "secret.write", target, async () => {
    const file = join(place.root, place.path);
    const whom = [
      ...(change.add.length > 0 ? ["--add-age", change.add.join(",")] : []),
      ...(change.remove.length > 0 ? ["--rm-age", change.remove.join(",")] : []),
    ];
    const warnings = await withoutDumps(options.identity);
    return await onCopy(file, await readFile(file, "utf8"), async (copy) => {
      const rotated = await sops(["rotate", "--in-place", ...whom, copy], options);
      if (!rotated.ok) return rotated;
      return rotated.value.exitCode === 0 ? succeed(undefined, warnings) : fail(refusal(rotated.value, place.path));
    });
  });
}

/** SOPS' exit status when the editor left the file as it was. */
const UNCHANGED = 200;

/**
 * Opens a file's values in the person's editor. SOPS keeps the plain text in a folder of its own while the editor is
 * open, and removes it; where this machine has a file system in memory, it lies there.
 *
 * @returns whether anything was changed
 */
export async function editFile(
  permits: { readonly read: Permit<"secret.read">; readonly write: Permit<"secret.write"> },
  targets: { readonly read: Target<"secret.read">; readonly write: Target<"secret.write"> },
  {
    place,
    identity,
    memory,
  }: { readonly place: FilePlace; readonly identity: Identity; readonly memory: string | undefined },
): Promise<Outcome<boolean>> {
  return await perform(permits.read, "secret.read", targets.read, () =>
    perform(permits.write, "secret.write", targets.write, async () => {
      const warnings = await withoutDumps(identity);
      const file = join(place.root, place.path);
      const scratch = await mkdtemp(join(memory ?? tmpdir(), "codemonkeys-edit-"));
      try {
        const ended = await runAttached("sops", ["--disable-version-check", "edit", file], {
          cwd: place.root,
          env: { ...identity.environment, TMPDIR: scratch },
          inherit: ["EDITOR", "SOPS_EDITOR", "VISUAL", "TERM"],
        });
        if (ended.startError !== undefined) return fail(sopsMissing());
        if (ended.exitCode === 0) return succeed(true, warnings);
        if (ended.exitCode === UNCHANGED) return succeed(false, warnings);
        return fail(
          problem(
            "secret",
            "secrets.not_edited",
            `the editor or SOPS ended with exit code ${ended.exitCode}; ${place.path} is as it was`,
            {
              next: "set EDITOR to an editor that waits until the file is closed, and see what SOPS printed above",
            },
          ),
        );
      } finally {
        // What an editor left beside SOPS' file (a backup, a swap file) goes with it.
        await rm(scratch, { recursive: true, force: true });
      }
    }),
  );
}

/** SOPS writes in place: it gets a copy, of ciphertext only, and the file is replaced whole or not at all. */
async function onCopy(
  file: string,
  before: string,
  work: (copy: string) => Promise<Outcome<void>>,
): Promise<Outcome<void>> {
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-secrets-"));
  try {
    const copy = join(scratch, basename(file));
    await writeFile(copy, before, { mode: 0o600 });
    const done = await work(copy);
    if (!done.ok) return done;
    await writeFileAtomic(file, await readFile(copy));
    return done;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The public key of an age identity, which new files are encrypted for; undefined where it cannot be told. */
export async function publicKeyOf({ file, environment }: Identity): Promise<string | undefined> {
  const key = environment.SOPS_AGE_KEY;
  const args = file === undefined ? ["-y"] : ["-y", file];
  const said = await runProcess("age-keygen", args, {
    cwd: "/",
    timeoutMs: 10_000,
    ...(file === undefined && key !== undefined ? { input: key } : {}),
  });
  if (said.exitCode === 0) return said.stdout.trim().split("\n")[0];
  if (file === undefined) return undefined;
  // age-keygen writes it beside the key as a comment; only that line is looked at.
  const text = await readFile(file, "utf8");
  return /^# public key: (age1[0-9a-z]+)\s*$/m.exec(text)?.[1];
}
