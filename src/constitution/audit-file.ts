import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../core/canonical.ts";
import { type Clock, isoTime } from "../core/clock.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { type AuditDraft, type AuditEntry, type ChainEnd, chain, GENESIS, lineOf, readLine } from "./audit-chain.ts";
import { type FileLock, isSystemError, openLock, unwritable } from "./audit-lock.ts";
import type { AuditStore, StoredLine } from "./audit-store.ts";
import { AuditUnreadable } from "./audit-unreadable.ts";

/** A segment is sealed and a new one begun once it is this long, in bytes. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

export interface FileStoreOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly segmentBytes?: number;
  /** Every append reaches the disk before it returns. Off only where a power cut does not matter, as in a crash test. */
  readonly durable?: boolean;
}

/** The end of the newest segment. */
interface Tail {
  readonly end: ChainEnd;
  readonly size: number;
  /** The segment's last entry closes it. */
  readonly sealed: boolean;
}

/**
 * The chain in a folder: `000001.jsonl`, `000002.jsonl` … The newest segment grows, the others are sealed and read-only.
 * Only whole lines count: a line without its end is what a crash left, and the next append puts that right and says so.
 */
export async function openFileStore(options: FileStoreOptions): Promise<Outcome<AuditStore>> {
  const { dir } = options;
  const opened = await openLock(dir);
  if (!opened.ok) return opened;
  const lock: FileLock = opened.value;
  /** What this process knows of the newest segment; good while the file still has that size. */
  let known: { name: string; tail: Tail } | undefined;

  const append: AuditStore["append"] = async (make) =>
    lock.hold(() => {
      const at = isoTime(options.clock);
      const newest = segments(dir).at(-1) ?? segmentName(1);
      const fresh = known?.name === newest && sizeOf(join(dir, newest)) === known.tail.size;
      const read = fresh && known ? succeed({ tail: known.tail, repair: undefined }) : readTail(join(dir, newest));
      if (!read.ok) return read;
      let { tail } = read.value;
      let name = newest;
      if (read.value.repair) {
        const repaired = repair(join(dir, name), tail, read.value.repair, at, options);
        if (!repaired.ok) return repaired;
        tail = repaired.value;
      }
      if (!tail.sealed && tail.size >= (options.segmentBytes ?? SEGMENT_BYTES)) {
        const seal = chain(tail.end, { kind: "audit.sealed", data: { segment: name, through: tail.end.seq + 1 } }, at);
        const sealed = write(join(dir, name), tail, [seal], options);
        if (!sealed.ok) return sealed;
        tail = { ...sealed.value, sealed: true };
      }
      if (tail.sealed) {
        chmodSync(join(dir, name), 0o400);
        name = segmentName(Number.parseInt(name, 10) + 1);
        tail = { end: tail.end, size: 0, sealed: false };
      }
      const entry = make(tail.end, at);
      const written = write(join(dir, name), tail, [entry], options);
      if (!written.ok) return written;
      known = { name, tail: written.value };
      return succeed(entry);
    });

  return succeed({
    place: dir,
    append,
    lines: () => lines(dir, lock),
    async prune(before, record) {
      const found = lock.hold(() => succeed(prunable(dir, before)));
      if (!found.ok) return found;
      const old = found.value;
      const last = old.at(-1);
      if (!last) return succeed({ entries: 0 });
      const entries = old.reduce((sum, segment) => sum + segment.entries, 0);
      const recorded = await append((end, at) => chain(end, record({ through: last.end, entries }), at));
      if (!recorded.ok) return recorded;
      return lock.hold(() => {
        for (const { name } of old) rmSync(join(dir, name), { force: true });
        return succeed({ entries });
      });
    },
  });
}

function segmentName(number: number): string {
  return `${String(number).padStart(6, "0")}.jsonl`;
}

function segments(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => /^\d{6,}\.jsonl$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Bytes after the last line end. */
interface Remainder {
  readonly bytes: Buffer;
}

/**
 * The last entry of a segment, and what stands after its line end. An empty newest segment takes its end from the one
 * before it.
 */
function readTail(path: string): Outcome<{ tail: Tail; repair: Remainder | undefined }> {
  const { line, rest, size } = lastLine(path);
  const repair = rest.length > 0 ? { bytes: rest } : undefined;
  const whole = size - rest.length;
  if (line === undefined) {
    const before = previousSegment(path);
    if (!before) return succeed({ tail: { end: GENESIS, size: whole, sealed: false }, repair });
    const earlier = readTail(before);
    if (!earlier.ok) return earlier;
    return succeed({ tail: { end: earlier.value.tail.end, size: whole, sealed: false }, repair });
  }
  const read = readLine(line);
  if (!("entry" in read)) {
    return fail(
      problem("infrastructure", "audit.damaged", `the audit log's last entry is damaged: ${read.damage}`, {
        where: { file: path },
        next: "run `codemonkeys audit verify`, keep the folder as evidence, and move it away to begin a new log",
      }),
    );
  }
  const { seq, hash, kind } = read.entry;
  return succeed({ tail: { end: { seq, hash }, size: whole, sealed: kind === "audit.sealed" }, repair });
}

function previousSegment(path: string): string | undefined {
  const dir = join(path, "..");
  const name = path.slice(dir.length + 1);
  const earlier = segments(dir).filter((other) => Number.parseInt(other, 10) < Number.parseInt(name, 10));
  const last = earlier.at(-1);
  return last === undefined ? undefined : join(dir, last);
}

const CHUNK = 64 * 1024;

/** Reads a file from its end until it has the last whole line. */
function lastLine(path: string): { line: string | undefined; rest: Buffer; size: number } {
  const size = sizeOf(path);
  if (size === 0) return { line: undefined, rest: Buffer.alloc(0), size };
  const fd = openSync(path, "r");
  try {
    let bytes = Buffer.alloc(0);
    let start = size;
    for (;;) {
      const end = bytes.lastIndexOf(10);
      const before = end > 0 ? bytes.lastIndexOf(10, end - 1) : -1;
      if (end >= 0 && (before >= 0 || start === 0)) {
        return { line: bytes.toString("utf8", before + 1, end), rest: bytes.subarray(end + 1), size };
      }
      if (start === 0) return { line: undefined, rest: bytes, size };
      const length = Math.min(CHUNK, start);
      start -= length;
      const chunk = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) filled += readSync(fd, chunk, filled, length - filled, start + filled);
      bytes = Buffer.concat([chunk, bytes]);
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Puts a cut-off last line right: keeps it when it is a whole entry that only lacks its line end, else takes it out, and
 * logs what was done. Such an entry was never reported as written, so nothing rests on it.
 */
function repair(path: string, tail: Tail, torn: Remainder, at: string, options: FileStoreOptions): Outcome<Tail> {
  const text = torn.bytes.toString("utf8");
  const read = readLine(text);
  const follows = "entry" in read && read.entry.prev === tail.end.hash && read.entry.seq === tail.end.seq + 1;
  if (follows) {
    const completed = write(path, { ...tail, size: tail.size }, [read.entry], options);
    if (!completed.ok) return completed;
    const note: AuditDraft = { kind: "audit.repaired", data: { completed: read.entry.seq } };
    return write(path, completed.value, [chain(completed.value.end, note, at)], options);
  }
  const data = { dropped_bytes: torn.bytes.length, dropped_digest: sha256(torn.bytes) };
  return write(path, tail, [chain(tail.end, { kind: "audit.repaired", data }, at)], options);
}

/** Writes entries after `tail`, cutting off whatever stands there. On failure the file is as it was. */
function write(path: string, tail: Tail, entries: readonly AuditEntry[], options: FileStoreOptions): Outcome<Tail> {
  const bytes = Buffer.from(entries.map((entry) => `${lineOf(entry)}\n`).join(""));
  const fd = openSync(path, "a", 0o600);
  try {
    if (fstatSync(fd).size !== tail.size) ftruncateSync(fd, tail.size);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      if (options.durable !== false) fsyncSync(fd);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      takeBack(fd, tail.size);
      return fail(unwritable(options.dir, error));
    }
  } finally {
    closeSync(fd);
  }
  const last = entries.at(-1);
  const end = last ? { seq: last.seq, hash: last.hash } : tail.end;
  return succeed({ end, size: tail.size + bytes.length, sealed: last?.kind === "audit.sealed" });
}

/** Takes a half-written entry out again; where that fails too it stays as a torn line, which the next append repairs. */
function takeBack(fd: number, size: number): void {
  try {
    ftruncateSync(fd, size);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** The lines as they are at this moment: the files and their sizes are taken under the lock, and read without it. */
async function* lines(dir: string, lock: FileLock): AsyncGenerator<StoredLine> {
  const snapshot = lock.hold(() => succeed(segments(dir).map((name) => ({ name, size: sizeOf(join(dir, name)) }))));
  if (!snapshot.ok) throw new AuditUnreadable(snapshot.diagnostics);
  const last = snapshot.value.at(-1);
  for (const { name, size } of snapshot.value) {
    const file = join(dir, name);
    if (size === 0) continue;
    let line = 0;
    let rest = Buffer.alloc(0);
    const handle = await open(file, "r");
    try {
      for await (const chunk of handle.createReadStream({ end: size - 1, autoClose: false })) {
        let bytes = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
        for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
          line += 1;
          yield { text: bytes.toString("utf8", 0, end), place: { file, line }, torn: false };
          bytes = bytes.subarray(end + 1);
        }
        rest = Buffer.from(bytes);
      }
    } finally {
      await handle.close();
    }
    if (rest.length > 0) {
      yield { text: rest.toString("utf8"), place: { file, line: line + 1 }, torn: name === last?.name };
    }
  }
}

interface OldSegment {
  readonly name: string;
  readonly entries: number;
  readonly end: ChainEnd;
}

/** Sealed segments whose last entry is older than `before`, from the oldest on. */
function prunable(dir: string, before: string): OldSegment[] {
  const old: OldSegment[] = [];
  let previous = 0;
  for (const name of segments(dir).slice(0, -1)) {
    const { line } = lastLine(join(dir, name));
    const read = line === undefined ? undefined : readLine(line);
    if (!read || !("entry" in read) || read.entry.kind !== "audit.sealed" || read.entry.at >= before) break;
    const first = old.length === 0 ? firstSeq(join(dir, name)) : previous + 1;
    old.push({ name, entries: read.entry.seq - first + 1, end: { seq: read.entry.seq, hash: read.entry.hash } });
    previous = read.entry.seq;
  }
  return old;
}

function firstSeq(path: string): number {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(1024 * 1024);
    const length = readSync(fd, buffer, 0, buffer.length, 0);
    const end = buffer.subarray(0, length).indexOf(10);
    const read = readLine(buffer.toString("utf8", 0, end < 0 ? length : end));
    return "entry" in read ? read.entry.seq : 1;
  } finally {
    closeSync(fd);
  }
}
