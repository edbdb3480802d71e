/**
 * Jenkins keeps its links and stage marks in a log as console notes: `ESC[8mha:`, base64, `ESC[0m`. `consoleText` leaves
 * them out; `logText/progressiveText` gives them along.
 */
const OPENING = "\u001b[8mha:";
const CLOSING = "\u001b[0m";

/** The log as a person reads it. */
export function withoutNotes(text: string): string {
  const [before = "", ...rest] = text.split(OPENING);
  const after = rest.map((part) => {
    const end = part.indexOf(CLOSING);
    return end < 0 ? OPENING + part : part.slice(end + CLOSING.length);
  });
  return before + after.join("");
}

/** `bytes` without a note that has only begun at their end: the next part of the log brings the rest of it. */
export function wholeNotes(bytes: Buffer): Buffer {
  const start = bytes.lastIndexOf(OPENING);
  if (start >= 0 && !bytes.includes(CLOSING, start)) return bytes.subarray(0, start);
  for (let length = Math.min(OPENING.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(Buffer.from(OPENING.slice(0, length)))) {
      return bytes.subarray(0, bytes.length - length);
    }
  }
  return bytes;
}
