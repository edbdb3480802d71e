/** What a child writes: cut into lines, redacted, and its end kept. */
import type { Redactor } from "../redact.ts";

const LINE_LIMIT = 64 * 1024;

/** The last `limit` bytes of a stream. */
export class Tail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #size = 0;
  dropped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size > this.#limit && this.#chunks[0]) {
      const first = this.#chunks[0];
      const over = this.#size - this.#limit;
      this.dropped = true;
      if (first.length <= over) {
        this.#chunks.shift();
        this.#size -= first.length;
      } else {
        this.#chunks[0] = first.subarray(over);
        this.#size -= over;
      }
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

/** Lines that are kept at most until it shows whether they are a secret; a key of 4096 bits has 52. */
const LINES_KEPT = 100;

/**
 * Redacts lines one after the other. A line that may end within a secret is kept until the next one has come: wrapped
 * output puts a secret on two lines.
 */
export function redactLines(redactor: Redactor, emit: (line: string, end: string) => void) {
  let kept: { line: string; end: string }[] = [];
  const flush = (finished: boolean) => {
    const raw = kept.map(({ line, end }) => line + end).join("");
    const opensAt = finished ? raw.length : redactor.opensAt(raw);
    // Lines that belong together stay so: a part that is redacted already could not be found as a part of the whole.
    if (opensAt < raw.length && kept.length < LINES_KEPT) return;
    // A mark a line: the redacted text has the lines of the original.
    const shown = redactor.redact(raw).split("\n");
    let position = 0;
    const open: typeof kept = [];
    for (const [index, one] of kept.entries()) {
      position += one.line.length + one.end.length;
      const text = shown[index] ?? "";
      if (opensAt < position && index > 0) open.push(one);
      else emit(one.end === "\r\n" ? text.replace(/\r$/, "") : text, one.end);
    }
    kept = open;
  };
  return {
    push(line: string, end: string) {
      // The next piece of a line that is too long to come as one.
      const last = kept.at(-1)?.end === "" ? kept.pop() : undefined;
      kept.push({ line: (last?.line ?? "") + line, end });
      flush(false);
    },
    end: () => flush(true),
  };
}

/** Cuts a byte stream into lines; a UTF-8 sequence split over two chunks stays whole. */
export class LineSplitter {
  readonly #emit: (line: string, end: string) => void;
  readonly #decoder = new TextDecoder("utf-8");
  #rest = "";

  constructor(emit: (line: string, end: string) => void) {
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let at = this.#rest.indexOf("\n", start); at >= 0; at = this.#rest.indexOf("\n", start)) {
      const carriage = at > start && this.#rest[at - 1] === "\r";
      this.#emit(this.#rest.slice(start, carriage ? at - 1 : at), carriage ? "\r\n" : "\n");
      start = at + 1;
    }
    this.#rest = this.#rest.slice(start);
    while (this.#rest.length > LINE_LIMIT) {
      this.#emit(this.#rest.slice(0, LINE_LIMIT), "");
      this.#rest = this.#rest.slice(LINE_LIMIT);
    }
  }

  end(): void {
    this.#rest += this.#decoder.decode();
    if (this.#rest !== "") this.#emit(this.#rest, "");
    this.#rest = "";
  }
}
