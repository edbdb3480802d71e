import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const strict = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** What of a value can be told from its base64 at an offset, whatever stands before and behind it. */
function base64At(value: string, offset: number): string {
  const bytes = Buffer.from(value);
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  return text.slice(offset === 0 ? 0 : offset + 1, text.length - ((offset + bytes.length) % 3 === 0 ? 0 : 1));
}

/** Every form in which it is looked for; written here by itself, not taken from the redactor. */
export const FORMS: Readonly<Record<string, (value: string) => readonly string[]>> = {
  plain: (value) => [value],
  "base64 +0": (value) => [base64At(value, 0), base64At(value, 0).replaceAll("+", "-").replaceAll("/", "_")],
  "base64 +1": (value) => [base64At(value, 1)],
  "base64 +2": (value) => [base64At(value, 2)],
  hex: (value) => [Buffer.from(value).toString("hex"), Buffer.from(value).toString("hex").toUpperCase()],
  URL: (value) => [encodeURIComponent(value), strict(value), strict(value).toLowerCase()],
  JSON: (value) => [JSON.stringify(value).slice(1, -1), JSON.stringify(JSON.stringify(value)).slice(3, -3)],
  // Each half of one that was wrapped in its middle; of the shortest one a half is no more than a word.
  "split over lines": (value) => {
    const half = Math.ceil(value.length / 2);
    return value.length < 12 || value.includes("\n") ? [] : [value.slice(0, half), value.slice(half)];
  },
  // What stands on either side of the line's end in wrapped base64, at each alignment and for every place of the end.
  "base64 at 64 and 76": (value) =>
    [0, 1, 2].flatMap((offset) => {
      const whole = base64At(value, offset);
      return whole.length < 24 ? [] : [whole.slice(0, 12), whole.slice(-12)];
    }),
  "by lines": (value) => [
    ...value.split("\n").filter((line) => line.length >= 8),
    ...(
      Buffer.from(value)
        .toString("base64")
        .match(/.{1,76}/g) ?? []
    ).filter((line) => line.length >= 20),
  ],
};

/** Everything below a folder that a run wrote, byte for byte as Latin-1. */
export function textsBelow(root: string): { path: string; text: string }[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => join(root, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, "latin1") }));
}
