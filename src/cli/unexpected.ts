import { type Diagnostic, messageOf, problem } from "../core/diagnostic.ts";
import { databaseProblem } from "../swarm/database-problem.ts";

/** A path that is something else than what is needed there: whoever set it up can put that right. */
const WRONG_PLACE: Readonly<Record<string, string>> = {
  EISDIR: "is a folder where a file is needed",
  ENOTDIR: "is a file, or lies below one, where a folder is needed",
  ELOOP: "is a symbolic link that leads back to itself",
  ENAMETOOLONG: "has a longer name than this file system allows",
};

/**
 * What was thrown and not foreseen where it happened: trouble of the machine or the database is told as that; only what
 * is left is a programming error, with what a report of it needs.
 */
export function unexpected(error: unknown): Diagnostic {
  return machineProblem(error) ?? databaseProblem(error, "of this machine") ?? internal(error);
}

function machineProblem(error: unknown): Diagnostic | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  // Errors of connections and of SQLite have no system call on a path; they are not the file system's.
  if (!(error instanceof Error) || code === undefined || syscall === undefined) return undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return problem("infrastructure", "machine.disk_full", "the disk is full", {
      details: messageOf(error),
      next: "free some space and run the same command again: it goes on where it stopped",
    });
  }
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
    return problem("infrastructure", "machine.not_writable", messageOf(error), {
      next: "make the place writable, or choose another with CODEMONKEYS_STATE",
    });
  }
  const wrong = WRONG_PLACE[code];
  if (wrong !== undefined) {
    // Reading a folder fails at the reading, which no longer knows the path.
    return problem("config", "machine.wrong_place", `${path ?? "a path"} ${wrong}`, {
      details: messageOf(error),
      next: "put what belongs there in its place, or name another place",
    });
  }
  if (path === undefined) return undefined;
  return problem("infrastructure", "machine.file", messageOf(error), {
    next: "see whether the file is there and the disk is well, then run the same command again",
  });
}

function internal(error: unknown): Diagnostic {
  return problem("internal", "internal.unexpected", messageOf(error), {
    details: error instanceof Error ? (error.stack ?? "") : String(error),
    next: "this is a mistake in codemonkeys: please report it with the lines above",
  });
}
