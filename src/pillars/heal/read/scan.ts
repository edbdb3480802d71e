import { createReadStream } from "node:fs";
import type { HintScanner } from "./hints.ts";
import type { LogSource } from "./report.ts";

/** Longest line kept, in bytes; of a longer one the first and the last half of this are kept. */
const LONGEST_LINE = 128 * 1024;
const CHUNK = 256 * 1024;
const NEWLINE = 10;
const RETURN = 13;
const ESCAPE = 27;

// What a byte is to the shape of its line.
const SPACE = 0;
const LETTER = 1;
const DIGIT = 2;
const MARK = 3;
const CONTROL = 4;
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === ESCAPE) return CONTROL;
  if (byte === 32 || byte === 9 || byte === RETURN) return SPACE;
  if (byte > 127) return LETTER;
  return /\d/.test(String.fromCharCode(byte)) ? DIGIT : /\w/.test(String.fromCharCode(byte)) ? LETTER : MARK;
});

/** A line as bytes. `low`/`high` are the bits of the readers with a hint in it, `shape` a hash that ignores digits. */
export type OnLine = (
  no: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  low: number,
  high: number,
  shape: number,
) => void;

export interface Scanned {
  readonly lines: number;
  readonly bytes: number;
}

/**
 * Cuts a log into lines as it streams and looks for all hints in the same pass. Memory is bounded by the chunk and the
 * longest kept line, whatever the log's size. A log in UTF-16 (PowerShell's redirect) is read as its UTF-8.
 */
export async function scanLog(source: LogSource, hints: HintScanner, onLine: OnLine): Promise<Scanned> {
  const input = "path" in source ? createReadStream(source.path, { highWaterMark: CHUNK }) : source;
  let bytes = 0;
  let no = 0;
  let carry: Uint8Array | undefined;
  let transcode: ((chunk: Uint8Array) => Uint8Array) | undefined;
  let first = true;
  for await (const piece of input as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (first) {
      transcode = utf16Transcoder(piece);
      first = false;
    }
    const chunk = transcode === undefined ? piece : transcode(piece);
    let start = 0;
    if (carry !== undefined) {
      const end = chunk.indexOf(NEWLINE);
      if (end === -1) {
        carry = join(carry, chunk);
        continue;
      }
      const whole: Uint8Array = join(carry, chunk.subarray(0, end));
      scanLine(++no, whole, 0, whole.length, hints, onLine);
      carry = undefined;
      start = end + 1;
    }
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      scanLine(++no, chunk, start, end, hints, onLine);
      start = end + 1;
    }
    if (start < chunk.length) carry = join(new Uint8Array(0), chunk.subarray(start));
  }
  if (carry !== undefined) scanLine(++no, carry, 0, carry.length, hints, onLine);
  return { lines: no, bytes };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length + b.length <= LONGEST_LINE) return Buffer.concat([a, b]);
  const half = LONGEST_LINE / 2;
  const whole = Buffer.concat([a, b]);
  return Buffer.concat([whole.subarray(0, half), whole.subarray(whole.length - half)]);
}

/**
 * The shape of a line stands for all lines that differ in numbers only: every run of letters and digits that holds a
 * digit counts as the same word (times, ids, hashes, versions). Colours and other control sequences count neither for
 * the shape nor for the hints, and what a carriage return overwrote not for the shape.
 */
function scanLine(no: number, bytes: Uint8Array, start: number, end: number, hints: HintScanner, onLine: OnLine): void {
  let last = end;
  if (last > start && bytes[last - 1] === RETURN) last--;
  const { next, low, high, firstEnd } = hints;
  let state = 0;
  let lowBits = 0;
  let highBits = 0;
  let shape = 0;
  let word = 0;
  let digits = false;
  let index = start;
  for (const body = afterStamp(bytes, start, last); index < body; index++) {
    state = next[(state << 8) | bytes[index]!]!;
    if (state >= firstEnd) {
      lowBits |= low[state]!;
      highBits |= high[state]!;
    }
  }
  for (; index < last; index++) {
    const byte = bytes[index]!;
    const kind = KINDS[byte]!;
    if (kind === CONTROL) {
      index = endOfEscape(bytes, index, last) - 1;
      continue;
    }
    state = next[(state << 8) | byte]!;
    if (state >= firstEnd) {
      lowBits |= low[state]!;
      highBits |= high[state]!;
    }
    if (kind === LETTER) {
      if (!digits) word = (Math.imul(word, 31) + byte) | 0;
      continue;
    }
    if (kind === DIGIT) {
      digits = true;
      word = 1;
      continue;
    }
    if (word !== 0) {
      shape = Math.imul(shape ^ (digits ? 1 : word), 0x01000193);
      word = 0;
      digits = false;
    }
    if (kind === MARK) shape = Math.imul(shape ^ byte, 0x01000193);
    else if (byte === RETURN) shape = 0;
  }
  if (word !== 0) shape = Math.imul(shape ^ (digits ? 1 : word), 0x01000193);
  onLine(no, bytes, start, last, lowBits, highBits, shape >>> 0);
}

/** Where the text begins behind `2026-03-01T10:00:00.123Z `: a log with stamps is compared with one that has none. */
function afterStamp(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45 || bytes[start + 10] !== 84) return start;
  if (bytes[start]! < 48 || bytes[start]! > 57 || bytes[start + 13] !== 58) return start;
  const space = bytes.indexOf(32, start + 19);
  return space === -1 || space >= end || space > start + 40 ? start : space;
}

/** Index behind the control sequence that begins at `from`. */
function endOfEscape(bytes: Uint8Array, from: number, end: number): number {
  let index = from + 1;
  if (index >= end) return end;
  const kind = bytes[index]!;
  if (kind === 91) {
    // `ESC [ … letter`; Jenkins' console notes hide base64 between two of these, which is no text either.
    index++;
    while (index < end && (bytes[index]! < 64 || bytes[index]! > 126)) index++;
    return Math.min(index + 1, end);
  }
  if (kind === 93 || kind === 95 || kind === 80 || kind === 94 || kind === 88) {
    // A string to the terminal (title, link, Buildkite's time): to BEL or `ESC \`.
    while (index < end && bytes[index] !== 7 && bytes[index] !== ESCAPE) index++;
    return index < end && bytes[index] === 7 ? index + 1 : Math.min(index + 2, end);
  }
  return index + (kind === 40 || kind === 41 ? 2 : 1);
}

function utf16Transcoder(head: Uint8Array): ((chunk: Uint8Array) => Uint8Array) | undefined {
  const mark = head.length < 2 ? 0 : (head[0]! << 8) | head[1]!;
  if (mark !== 0xfffe && mark !== 0xfeff) return undefined;
  const decoder = new TextDecoder(mark === 0xfffe ? "utf-16le" : "utf-16be");
  return (chunk) => Buffer.from(decoder.decode(chunk, { stream: true }), "utf8");
}
