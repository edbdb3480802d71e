import type { Line } from "../clean.ts";
import { gather, listedTest, placeOf, type ToolReader } from "../reader.ts";

// t.cc:4: Failure                               MSVC: t.cc(4): error: …
// Expected equality of these values:
//   toll(2)
//     Which is: 4
//   5
// [  FAILED  ] Toll.Doubles (0 ms)              All/P.Odd/1, where GetParam() = 2 (0 ms); then the list at the end
// `ctest -V` writes the test's number before each line.
const HEAD = /^(?:\d+: )?(\S.*?\.\w+|unknown file)(?::(\d+)|\((\d+)\))?: (?:Failure|error: ?.*)$/;
const FAILED = /^(?:\d+: )?\[ {2}FAILED {2}\] (\w[\w/]*\.[\w/]+)(?:, where .*?)?( \(\d+ ms\))?$/;
const OTHER = /^(?:\d+: )?\[[-= A-Z]{10}\] /;

export const googleTest: ToolReader = {
  tool: "googletest",
  hints: [": Failure", "): error: ", "[  FAILED  ]"],
  start(line) {
    const listed = FAILED.exec(line.text);
    if (listed !== null) return [listedTest("googletest", listed[1]!, line)];
    const head = HEAD.exec(line.text);
    if (head === null) return undefined;
    return gather(
      [line],
      ({ text }) => (FAILED.test(text) ? "last" : OTHER.test(text) || HEAD.test(text) ? "no" : "take"),
      (lines, range) => {
        const test = FAILED.exec(lines.at(-1)!.text)?.[1];
        // MSVC's own errors look the same but for the verdict.
        if (test === undefined && !/: Failure$/.test(line.text)) return [];
        return [
          {
            tool: "googletest",
            category: "test",
            message: assertionOf(lines) ?? `test failed: ${test ?? head[1]}`,
            test,
            ...range,
            place: head[1] === "unknown file" ? undefined : placeOf(head[1]!, head[2] ?? head[3]),
          },
        ];
      },
    );
  },
};

/** What Google Test says below `file:line: Failure`, on one line; undefined when none of the lines is such a head. */
export function assertionOf(lines: readonly Line[]): string | undefined {
  const at = lines.findIndex(({ text }) => HEAD.test(text));
  if (at === -1) return undefined;
  const said = lines.slice(at + 1).map(({ text }) => text.replace(/^\d+: /, ""));
  const end = said.findIndex((text) => OTHER.test(`${text} `) || text.trim() === "" || HEAD.test(text));
  const told = said.slice(0, end === -1 ? said.length : end).map((text) => text.trim());
  return told.length === 0 ? undefined : told.slice(0, 6).join(" ");
}

/** The place of the first failed assertion in a test's output. */
export function assertionPlace(lines: readonly Line[]) {
  for (const { text } of lines) {
    const head = HEAD.exec(text);
    if (head !== null && head[1] !== "unknown file") return placeOf(head[1]!, head[2] ?? head[3]);
  }
  return undefined;
}
