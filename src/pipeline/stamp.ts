import { sha256 } from "../core/canonical.ts";

/**
 * A generated file carries the digest of its own text, so that an edit by hand shows without a record elsewhere. The
 * digest covers the whole file but the digest itself.
 */
const MARK = "text=";
const BLANK = "0".repeat(64);
const STAMP = new RegExp(`${MARK}([0-9a-f]{64})`);

/**
 * What to write where the stamp shall stand; `stamp` fills in the first. It belongs at the top of a file, before anything
 * that comes from a spec, so that no text of a spec can be taken for it.
 */
export const STAMP_PLACE = `${MARK}${BLANK}`;

/** Fills in the digest. */
export function stamp(text: string): string {
  if (!text.includes(STAMP_PLACE)) throw new Error("a generated file has a place for its stamp");
  return text.replace(STAMP_PLACE, () => `${MARK}${sha256(text)}`);
}

export type StampState = "intact" | "edited" | "absent";

/** Whether a file is as it was generated. Line ends are not looked at: git may have changed them. */
export function readStamp(text: string): StampState {
  const unix = text.replaceAll("\r\n", "\n");
  const found = STAMP.exec(unix);
  if (!found) return "absent";
  return sha256(unix.replace(STAMP, () => STAMP_PLACE)) === found[1] ? "intact" : "edited";
}
