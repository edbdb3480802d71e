import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../core/canonical.ts";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { makeFolder } from "../core/files.ts";

/** Bytes by their SHA-256: what a release was built of, evidence, kept logs. Never changed, never built again. */
export interface ArtifactStore {
  readonly dir: string;
  /** Stores bytes or a file's bytes; the same bytes twice are stored once. */
  put(
    source: Uint8Array | { readonly path: string },
  ): Promise<Outcome<{ readonly digest: string; readonly size: number }>>;
  /** Path of the stored file, after its bytes were compared with the digest. It is read-only and not to be moved. */
  path(digest: string): Promise<Outcome<string>>;
  read(digest: string): Promise<Outcome<Uint8Array>>;
  /** Whether it is there; its bytes are compared by `path` and `read` only. */
  has(digest: string): Promise<Outcome<boolean>>;
}

/** What a killed process left half written is removed after this time; no writer is as slow. */
const LEFTOVER_MS = 24 * 60 * 60 * 1000;

/**
 * A store in a directory, safe to be used by many processes: a file appears under its digest only when it is whole and
 * synced, so that a crash leaves at most a temporary file. A stored file whose bytes no longer match its name is named
 * in a diagnostic and never handed out; putting the right bytes again repairs it and keeps the wrong ones aside.
 */
export function openArtifacts(dir: string): ArtifactStore {
  const incoming = join(dir, "incoming");
  let swept = false;
  const placeOf = (digest: string) => join(dir, "sha256", digest.slice(0, 2), digest.slice(2));

  async function put(source: Uint8Array | { readonly path: string }) {
    return await guardedFile(dir, "written", async () => {
      await makeFolder(incoming, 0o700);
      if (!swept) await sweep(incoming);
      swept = true;
      const temporary = join(incoming, randomBytes(9).toString("hex"));
      try {
        const { digest, size } = await receive(source, temporary);
        const target = placeOf(digest);
        const folder = join(target, "..");
        await makeFolder(folder, 0o700);
        const there = await digestOfFile(target);
        if (there === digest) return { digest, size };
        if (there !== undefined) await rename(target, `${target}.damaged-${randomBytes(3).toString("hex")}`);
        await chmod(temporary, 0o444);
        await rename(temporary, target);
        await syncFolder(folder);
        return { digest, size };
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  /** The path after the bytes were compared. */
  async function path(digest: string): Promise<Outcome<string>> {
    if (!isDigest(digest)) return fail(notADigest(digest));
    const file = placeOf(digest);
    const found = await guardedFile(file, "read", () => digestOfFile(file));
    if (!found.ok) return found;
    if (found.value === undefined) return fail(missing(digest, dir));
    return found.value === digest ? succeed(file) : fail(damaged(file, digest, found.value));
  }

  return {
    dir,
    put,
    path,
    async read(digest) {
      if (!isDigest(digest)) return fail(notADigest(digest));
      const file = placeOf(digest);
      const bytes = await guardedFile(file, "read", () => readIfThere(file));
      if (!bytes.ok) return bytes;
      if (!bytes.value) return fail(missing(digest, dir));
      const found = sha256(bytes.value);
      return found === digest ? succeed(bytes.value) : fail(damaged(file, digest, found));
    },
    async has(digest) {
      if (!isDigest(digest)) return fail(notADigest(digest));
      return await guardedFile(placeOf(digest), "read", async () => (await fileThere(placeOf(digest))) !== undefined);
    },
  };
}

/** Copies while hashing, so that the digest is that of the bytes stored, whatever happens to the source meanwhile. */
async function receive(source: Uint8Array | { readonly path: string }, temporary: string) {
  const hash = createHash("sha256");
  let size = 0;
  const handle = await open(temporary, "wx", 0o600);
  try {
    const take = async (chunk: Uint8Array) => {
      hash.update(chunk);
      size += chunk.length;
      await writeAll(handle, chunk);
    };
    if (source instanceof Uint8Array) await take(source);
    else for await (const chunk of createReadStream(source.path)) await take(chunk as Buffer);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { digest: hash.digest("hex"), size };
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
}

async function digestOfFile(file: string): Promise<string | undefined> {
  if ((await fileThere(file)) === undefined) return undefined;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function fileThere(file: string) {
  return await orAbsent(stat(file));
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  return await orAbsent(readFile(file));
}

async function orAbsent<T>(pending: Promise<T>): Promise<T | undefined> {
  try {
    return await pending;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A rename is only safe from a power cut once its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sweep(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const file = join(incoming, name);
    const info = await fileThere(file);
    if (info && Date.now() - info.mtimeMs > LEFTOVER_MS) await rm(file, { force: true });
  }
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

async function guardedFile<T>(place: string, what: "read" | "written", work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return succeed(await work());
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // A system error has a code; anything else is a fault of the program.
    if (typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) throw error;
    const full = code === "ENOSPC" || code === "EDQUOT";
    const readOnly = code === "EROFS" || code === "EACCES" || code === "EPERM";
    const reason = full ? "the disk is full" : readOnly ? "this user may not" : "the system says why below";
    return fail(
      problem(
        "infrastructure",
        full ? "artifact.disk_full" : readOnly ? "artifact.no_right" : "artifact.io",
        `${(error as NodeJS.ErrnoException).path ?? place} cannot be ${what}: ${reason}`,
        { details: messageOf(error), next: "put that right and run the same command again" },
      ),
    );
  }
}

function missing(digest: string, dir: string): Diagnostic {
  return problem("infrastructure", "artifact.missing", `the artefact store has nothing with digest ${digest}`, {
    where: { file: dir },
    next: "see whether the state folder is the one the artefact was built with; without it the release has to begin anew",
  });
}

function damaged(file: string, digest: string, found: string): Diagnostic {
  return problem("infrastructure", "artifact.damaged", `the stored bytes of ${digest} have changed: ${file}`, {
    where: { file },
    details: `its bytes now have the digest ${found}`,
    next: "it is not used; restore the file from a backup, or begin the run that made it anew",
  });
}

function notADigest(text: string): Diagnostic {
  return problem("internal", "artifact.not_a_digest", `${JSON.stringify(text.slice(0, 80))} is not a SHA-256 in hex`);
}
