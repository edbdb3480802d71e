import type { Line } from "../clean.ts";
import { gather, listedTest, placeOf, type ToolReader } from "../reader.ts";
import { isBlank } from "./text.ts";

// ava, while it runs:   "  ✘ [fail]: doubles the amount" (before 4: "✖ fee › doubles the amount")
// ava, at the end:      "  doubles the amount", blank, "  test.js:4", blank, source, "Difference (- actual, + expected):"
// uvu:                  "   FAIL  "doubles"", its words and stack indented below
const LISTED = /^\s*[✘✖×] \[fail\]: (.+?)(?: \(.*\))?$/;
const PLACE = /^ {2}(\S+\.[cm]?[jt]sx?):(\d+)$/;
const UVU = /^\s{2,}FAIL {2}(?:(\S.*?) {2})?"(.+)"$/;
const FRAME = /^\s*at .*?((?:file:\/\/)?[^\s()]+\.[cm]?[jt]sx?):(\d+):(\d+)\)?$/;

export const ava: ToolReader = {
  tool: "ava",
  hints: ["[fail]: ", "FAIL", ".js:", ".ts:", ".mjs:", ".tsx:"],
  start(line, lane) {
    const listed = LISTED.exec(line.text);
    if (listed !== null) return [listedTest("ava", listed[1]!, line)];
    const uvu = UVU.exec(line.text);
    if (uvu !== null) return uvuBlock(line, uvu[1] === undefined ? uvu[2]! : `${uvu[1]} > ${uvu[2]}`);
    const place = PLACE.exec(line.text);
    const name = lane.back(2);
    if (place === null || name === undefined || !isBlank(lane.back(1)?.text ?? "x") || !/^ {2}\S/.test(name.text)) {
      return undefined;
    }
    return avaBlock(name, line, place);
  },
};

function avaBlock(name: Line, line: Line, place: RegExpExecArray) {
  return gather(
    [name, line],
    ({ text }) => (/^ {2}─$|^\s*\d+ tests? failed|^##\[|^npm /.test(text) ? "no" : "take"),
    (lines, range) => {
      const texts = lines.slice(2).map(({ text }) => text);
      const picture = texts.findLastIndex((text) => /^ {1,3}(?:›?\s*)\d+: /.test(text));
      // Its own picture of the source: else it is some other program's line.
      if (picture === -1) return [];
      const said = texts.slice(picture + 1).map((text) => text.trim());
      const value = (sign: string) => said.find((text) => text.startsWith(`${sign} `))?.slice(2);
      const [first = "test failed"] = said.filter((text) => text !== "");
      const expected = value("+");
      const actual = value("-");
      return [
        {
          tool: "ava",
          category: "test",
          message:
            first.startsWith("Difference") && expected !== undefined && actual !== undefined
              ? `expected ${expected}, got ${actual}`
              : first,
          test: name.text.trim().replaceAll(" › ", " > "),
          ...range,
          place: placeOf(place[1]!, place[2]),
          captures: { expected, actual },
        },
      ];
    },
  );
}

function uvuBlock(line: Line, test: string) {
  return gather(
    [line],
    ({ text }) =>
      /^\s*(?:Total|FAIL) {2,}|^\s*Total:/.test(text) || (!isBlank(text) && !/^\s/.test(text)) ? "no" : "take",
    (lines, range) => {
      const texts = lines.slice(1).map(({ text }) => text);
      const frame = texts
        .map((text) => FRAME.exec(text))
        .find((match) => match !== null && !/node_modules|^node:/.test(match[1]!));
      const said = texts.find((text) => !isBlank(text))?.trim() ?? "test failed";
      return [
        {
          tool: "uvu",
          category: "test",
          message: said.replace(/ {2}\(.*\)$/, ""),
          test,
          ...range,
          place: frame ? placeOf(frame[1]!, frame[2], frame[3]) : undefined,
          captures: {
            expected: texts.map((text) => /^\s+\+\+(.+?)\s+\(Expected\)/.exec(text)?.[1]).find(Boolean),
            actual: texts.map((text) => /^\s+--(.+?)\s+\(Actual\)/.exec(text)?.[1]).find(Boolean),
          },
        },
      ];
    },
  );
}
