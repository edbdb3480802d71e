import { gather, listedTest, placeOf, type ToolReader } from "../reader.ts";
import { assertionOf, assertionPlace } from "./googletest.ts";
import { categoryOf, find, isBlank } from "./text.ts";

// CMake Error at CMakeLists.txt:3 (find_package):
//   By not providing …                            indented; two blank lines end it
// make: *** No rule to make target 'x', needed by 'y'.  Stop.        Makefile:3: *** missing separator.  Stop.
const CMAKE = /^CMake Error(?: at (.+?):(\d+) \((\w+)\))?(?: in (.+?):(\d+))?:? ?(.*)$/;
const MAKE = /^(?:g?make(?:\[\d+\])?: |(\S+):(\d+): )\*\*\* (?!\[)(.+?)\.?(?:\s+Stop\.)?$/;

// 1/2 Test #1: refund ...........................***Failed    0.01 sec     then its output, when asked for
// The following tests FAILED:\n\t  1 - refund (Failed)
const CTEST =
  /^\s*\d+\/\d+ Test +#\d+: (\S.*?) \.+ ?(?:Subprocess aborted)?\*+ ?(Failed|Exception\b.*?|Timeout|Not Run|SEGFAULT)\b.*$/;
const CTEST_LIST =
  /^\s+\d+ - (\S.*?) \((?:Failed|SEGFAULT|Timeout|Not Run|.*Exception.*|ILLEGAL|NUMERICAL|OTHER_FAULT|Subprocess aborted)\)(?:\s+\S+)*$/;

export const cmake: ToolReader = {
  tool: "cmake",
  hints: [
    "CMake Error",
    "*** ",
    "***Failed",
    "***Exception",
    "***Timeout",
    "***Not",
    " (Failed)",
    " (Subprocess aborted)",
    " (SEGFAULT)",
    " (Timeout)",
    " (Not Run)",
  ],
  start(line) {
    const make = MAKE.exec(line.text);
    if (make !== null && !/^Waiting for/.test(make[3]!)) {
      const target = find(make[3]!, /No rule to make target [`'](.+?)'/);
      return [
        {
          tool: "make",
          category: categoryOf(make[3]!, "configuration"),
          message: make[3]!,
          first: line.no,
          last: line.no,
          place: make[1] === undefined ? undefined : placeOf(make[1], make[2]),
          captures: { file: target, needed_by: find(make[3]!, /needed by [`'](.+?)'/) },
        },
      ];
    }
    const failed = CTEST.exec(line.text);
    if (failed !== null) return ctestBlock(line, failed[1]!, failed[2]!);
    const listed = CTEST_LIST.exec(line.text);
    if (listed !== null) return [listedTest("ctest", listed[1]!, line)];
    const head = CMAKE.exec(line.text);
    if (head === null) return undefined;
    return gather(
      [line],
      ({ text }, held) =>
        /^\s{2,}\S/.test(text) || (isBlank(text) && !isBlank(held.at(-1)!.text)) || (isBlank(text) && held.length < 3)
          ? "take"
          : "no",
      (lines, range) => {
        const said = [head[6]!, ...lines.slice(1).map(({ text }) => text.trim())].filter((text) => text !== "");
        const all = said.join(" ");
        const wanted =
          find(all, /provided by "([^"]+)"/) ??
          find(all, /Could NOT find (\w+)/) ??
          find(all, /package configuration file provided by\s+"([^"]+)"/);
        return [
          {
            tool: "cmake",
            category: wanted !== undefined ? "dependency_resolution" : categoryOf(all, "configuration"),
            message: wanted !== undefined ? `CMake did not find the package ${wanted}` : (said[0] ?? "CMake Error"),
            ...range,
            place: (head[1] ?? head[4]) === undefined ? undefined : placeOf((head[1] ?? head[4])!, head[2] ?? head[5]),
            captures: { package: wanted, command: head[3], file: find(all, /Cannot find source file: (\S+)/) },
            key: wanted,
          },
        ];
      },
    );
  },
};

function ctestBlock(line: Parameters<ToolReader["start"]>[0], test: string, how: string) {
  return gather(
    [line],
    ({ text }) =>
      /^\s*(?:Start +\d+: |\d+\/\d+ Test +#)|^test \d+$|^\d+% tests passed|^The following tests FAILED/.test(text)
        ? "no"
        : "take",
    (lines, range) => {
      const said = lines
        .slice(1)
        .find(({ text }) => !isBlank(text) && !/^test \d+$/.test(text))
        ?.text.trim();
      return [
        {
          tool: "ctest",
          category: how === "Timeout" ? "infrastructure" : "test",
          message: assertionOf(lines) ?? said ?? `${how}: ${test}`,
          test,
          ...range,
          place: assertionPlace(lines),
        },
      ];
    },
  );
}
