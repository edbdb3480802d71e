import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";

/** What an error of either database means, by SQLite result code, PostgreSQL SQLSTATE or the system's error name. */
interface Meaning {
  readonly code: string;
  readonly kind: Diagnostic["kind"];
  readonly says: string;
  readonly next: string;
}

/** What to do about a damaged file; its companions hold changes that belong to it alone. */
const KEPT =
  "it is left as it is; `codemonkeys doctor --set-database-aside` keeps it under another name and begins with an empty one; a copy from the backups folder can be put in its place then";

const CORRUPT: Meaning = {
  code: "swarm.corrupt",
  kind: "infrastructure",
  says: "is damaged",
  next: KEPT,
};
const DISK_FULL: Meaning = {
  code: "swarm.disk_full",
  kind: "infrastructure",
  says: "cannot be written: the disk is full",
  next: "free some space and run the same command again; it goes on where it stopped",
};
const READ_ONLY: Meaning = {
  code: "swarm.read_only",
  kind: "infrastructure",
  says: "cannot be written: it or its folder is read-only for this user",
  next: "make the state folder writable, or name another with CODEMONKEYS_STATE",
};
const BUSY: Meaning = {
  code: "swarm.busy",
  kind: "infrastructure",
  says: "is locked by another process for too long",
  next: "see whether a process holds it (a backup, a debugger), then run the same command again",
};
const UNREACHABLE: Meaning = {
  code: "swarm.unreachable",
  kind: "infrastructure",
  says: "does not answer",
  next: "see whether the server runs and is reachable, then run the same command again; it goes on where it stopped",
};
const CUT: Meaning = {
  code: "swarm.connection_lost",
  kind: "infrastructure",
  says: "ended the connection in the middle",
  next: "run the same command again; it goes on where it stopped",
};
const OLD_NODE: Meaning = {
  code: "swarm.old_node",
  kind: "infrastructure",
  says: `cannot be opened by Node ${process.versions.node}, which has no SQLite`,
  next: "use Node 22.18 or newer",
};
const CANNOT_OPEN: Meaning = {
  code: "swarm.cannot_open",
  kind: "infrastructure",
  says: "cannot be opened",
  next: "see whether the state folder exists, is a folder, and may be entered by this user",
};
const IO: Meaning = {
  code: "swarm.io",
  kind: "infrastructure",
  says: "cannot be read or written",
  next: "see the system's log for the disk, then run the same command again",
};
const LOGIN: Meaning = {
  code: "swarm.login_refused",
  kind: "secret",
  says: "refuses the login",
  next: "see the user and the password of the database's connection URL, where your configuration takes it from",
};
const NO_DATABASE: Meaning = {
  code: "swarm.no_database",
  kind: "config",
  says: "does not exist on that server",
  next: "create it (`createdb NAME`) or correct the connection URL",
};
const NO_RIGHT: Meaning = {
  code: "swarm.no_right",
  kind: "config",
  says: "does not let this user do what is needed",
  next: "let the user create and write tables in its schema",
};

/** Primary SQLite result codes: https://www.sqlite.org/rescode.html */
const SQLITE: Readonly<Record<number, Meaning>> = {
  5: BUSY,
  6: BUSY,
  8: READ_ONLY,
  10: IO,
  11: CORRUPT,
  13: DISK_FULL,
  14: CANNOT_OPEN,
  23: READ_ONLY,
  26: CORRUPT,
};

/** https://www.postgresql.org/docs/current/errcodes-appendix.html; a two-character key stands for its whole class. */
const POSTGRES: Readonly<Record<string, Meaning>> = {
  "08": UNREACHABLE,
  "28": LOGIN,
  "3D": NO_DATABASE,
  "25006": READ_ONLY,
  "40001": BUSY,
  "40P01": BUSY,
  "42501": NO_RIGHT,
  "53100": DISK_FULL,
  "53300": UNREACHABLE,
  "55P03": BUSY,
  "57P": CUT,
  "57P03": UNREACHABLE,
  "58": IO,
  XX001: CORRUPT,
  XX002: CORRUPT,
};

const SYSTEM: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: CUT,
  EPIPE: CUT,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  EROFS: READ_ONLY,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  ENOTDIR: CANNOT_OPEN,
  EEXIST: CANNOT_OPEN,
  EISDIR: CANNOT_OPEN,
  ENOENT: CANNOT_OPEN,
  EIO: IO,
  ERR_UNKNOWN_BUILTIN_MODULE: OLD_NODE,
};

/** pg gives these no code. */
const WITHOUT_CODE: readonly (readonly [RegExp, Meaning])[] = [
  [
    /^(Connection terminated due to connection timeout|timeout exceeded when trying to connect|The server does not)/,
    UNREACHABLE,
  ],
  [/^(Connection terminated|Client has encountered a connection error|Client was closed)/, CUT],
];

function meaningOf(error: unknown): Meaning | undefined {
  if (error instanceof AggregateError) return error.errors.map(meaningOf).find((meaning) => meaning !== undefined);
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  // Extended result codes carry the primary one in their low byte.
  if (typeof errcode === "number") return SQLITE[errcode & 0xff];
  if (typeof code === "string") {
    return POSTGRES[code] ?? POSTGRES[code.slice(0, 3)] ?? POSTGRES[code.slice(0, 2)] ?? SYSTEM[code];
  }
  return WITHOUT_CODE.find(([pattern]) => pattern.test(error.message))?.[1];
}

/**
 * The diagnostic of an error that a database or its file raised; undefined for anything else, which is a programming
 * error and has to be thrown on. `place` names the database without its credentials.
 */
export function databaseProblem(error: unknown, place: string): Diagnostic | undefined {
  const meaning = meaningOf(error);
  if (!meaning) return undefined;
  const words = error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : messageOf(error);
  return problem(meaning.kind, meaning.code, `the Swarm database ${place} ${meaning.says}`, {
    next: meaning.next,
    ...(words === "" ? {} : { details: words }),
  });
}

/** The diagnostic of a file whose damage was seen by looking at it. */
export function damaged(file: string, how: string): Diagnostic {
  return problem("infrastructure", "swarm.corrupt", `the Swarm database ${file} is damaged`, {
    where: { file },
    details: how,
    next: KEPT,
  });
}

/** Runs work on a database; its expected failures become diagnostics, all else is thrown on. */
export async function guarded<T>(place: string, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return succeed(await work());
  } catch (error) {
    const diagnostic = databaseProblem(error, place);
    if (!diagnostic) throw error;
    return fail(diagnostic);
  }
}
