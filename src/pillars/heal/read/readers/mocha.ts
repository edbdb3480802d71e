import { gather, placeOf, type ToolReader } from "../reader.ts";
import { javascriptCaptures, javascriptKey, ownFrame } from "./javascript-message.ts";
import { isBlank } from "./text.ts";

//   1) refund                       in the list below "N failing"; while running it is "    1) is idempotent"
//        is idempotent:
//      AssertionError: …
//       at Context.<anonymous> (m/a.js:1:89)
// Cypress, Karma's mocha reporter and Mocha's own forks write the same.
const ITEM = /^ {2}(\d+)\) (.+)$/;

export const mocha: ToolReader = {
  tool: "mocha",
  hints: [") "],
  start(line, lane) {
    const item = ITEM.exec(line.text);
    if (item === null) return undefined;
    // Only the list at the end: a failing count stands above its first item, an item's stack above the others.
    const above = [1, 2, 3].map((n) => lane.back(n)?.text ?? "");
    if (
      !above.some((text) => /^\s+\d+ failing$/.test(text) || /^\s+at\s/.test(text) || /^\s+[-+]/.test(text)) ||
      !isBlank(above[0]!)
    )
      return undefined;
    return gather(
      [line],
      ({ text }, held) => {
        if (ITEM.test(text) && isBlank(held.at(-1)!.text)) return "no";
        if (/^(?:npm |error |make|##|\S+:\d+$)/.test(text)) return "no";
        // Two blank lines end the list; assertion messages may stand without indentation in between.
        return isBlank(text) &&
          held.length > 3 &&
          isBlank(held.at(-1)!.text) &&
          held.some((other) => /^\s+at /.test(other.text))
          ? "no"
          : "take";
      },
      (lines, range) => {
        const texts = lines.map(({ text }) => text);
        const named = texts.findIndex((text, index) => index > 0 && /:$/.test(text));
        if (named === -1 && !/:$/.test(item[2]!)) return [];
        const names = [item[2]!, ...texts.slice(1, named + 1).map((text) => text.trim())].map((text) =>
          text.replace(/:$/, ""),
        );
        const body = texts.slice(Math.max(named, 0) + 1);
        const error = body.find((text) => !isBlank(text))?.trim() ?? "test failed";
        const told = body.slice(body.findIndex((text) => !isBlank(text)) + 1);
        const more = told
          .slice(
            0,
            told.findIndex((text) => /^\s+(?:at |\+ expected|-|\+)/.test(text)),
          )
          .map((text) => text.trim())
          .filter(Boolean);
        const frame = ownFrame(texts);
        const file = /resolves\. \((\S.*)\)$/.exec(error)?.[1];
        const message = [error, ...more.slice(0, 3)].join(" ");
        const value = (sign: string) =>
          body
            .filter((text) => new RegExp(`^\\s+\\${sign}(?!\\s*(?:expected|actual))`).test(text))
            .map((text) => text.trim().slice(1).trim())
            .join(" ") || undefined;
        return [
          {
            tool: "mocha",
            category: "test",
            message,
            test: names.join(" > "),
            ...range,
            // A timeout has no stack, only its file.
            place: frame
              ? placeOf(frame.file, frame.line, frame.column)
              : file === undefined
                ? undefined
                : placeOf(file),
            captures: {
              ...javascriptCaptures(error.replace(/^\w+Error(?: \[\w+\])?: /, "")),
              actual: value("-"),
              expected: value("+"),
            },
            key: javascriptKey(error.replace(/^\w+Error: /, "")),
          },
        ];
      },
    );
  },
};
