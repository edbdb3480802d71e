import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { fail, messageOf, type Outcome, problem } from "../core/diagnostic.ts";

/**
 * A lock between processes that no killed holder can leave behind: a SQLite transaction on a file of its own, which rests
 * on the kernel's file locks, and those end with their process. Held only over synchronous work, so that two holders in
 * one process cannot wait for each other.
 */
export interface FileLock {
  hold<T>(work: () => Outcome<T>): Outcome<T>;
  close(): void;
}

/** How long to wait for other processes, each of which holds it for the few milliseconds of one append. */
const WAIT_MS = 30_000;

export async function openLock(dir: string): Promise<Outcome<FileLock>> {
  const { DatabaseSync } = await import("node:sqlite");
  let database: DatabaseSync;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(dir, "lock.db"));
    database.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
  } catch (error) {
    return fail(unwritable(dir, error));
  }
  return {
    ok: true,
    warnings: [],
    value: {
      hold(work) {
        try {
          database.exec("BEGIN IMMEDIATE");
        } catch (error) {
          return fail(isBusy(error) ? busy(dir) : unwritable(dir, error));
        }
        try {
          return work();
        } catch (error) {
          if (isSystemError(error)) return fail(unwritable(dir, error));
          throw error;
        } finally {
          database.exec("ROLLBACK");
        }
      },
      close: () => database.close(),
    },
  };
}

function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === 5;
}

/** A failing system call (a full or read-only disk, missing rights), as opposed to a mistake in the program. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function busy(dir: string) {
  return problem("infrastructure", "audit.busy", `another process has held the audit log for ${WAIT_MS / 1000} s`, {
    where: { file: dir },
    next: "end the process that hangs; nothing acts without the log",
  });
}

export function unwritable(dir: string, error: unknown) {
  const full = (error as NodeJS.ErrnoException).code === "ENOSPC";
  return problem("infrastructure", "audit.cannot_write", `the audit log cannot be written: ${messageOf(error)}`, {
    where: { file: dir },
    next: full
      ? "free some disk space; nothing acts without the log"
      : "make the folder writable; nothing acts without the log",
  });
}
