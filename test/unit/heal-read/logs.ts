import { readLog } from "../../../src/pillars/heal/read/index.ts";
import type { LogReport, ReadOptions } from "../../../src/pillars/heal/read/report.ts";

/** A log given as text, fed in pieces of `size` bytes. */
export async function* pieces(text: string | Uint8Array, size = 64 * 1024): AsyncIterable<Uint8Array> {
  const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function read(text: string | Uint8Array, options: ReadOptions = {}): Promise<LogReport> {
  return readLog(pieces(text), options);
}

export function fixture(name: string): { path: string } {
  return { path: new URL(`../../fixtures/logs/${name}`, import.meta.url).pathname };
}
