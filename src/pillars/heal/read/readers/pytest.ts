import type { Line } from "../clean.ts";
import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import { PYTHON_ERROR, pythonCaptures, pythonCategory, pythonKey } from "./python-error.ts";

// ____________ test_eq ____________ | ____ ERROR collecting test_b.py ____ | ____ ERROR at setup of test_fix ____
//     def test_eq():                     (long, short, line and native styles differ in between)
// >       assert 1 == 2
// E       assert 1 == 2
// test_p.py:4: AssertionError
// FAILED test_p.py::test_eq - assert 1 == 2      summary
const HEAD = /^_{3,} (?:(ERROR (?:collecting|at setup of|at teardown of)) )?(\S.*?) _{3,}$/;
const SUMMARY = /^(FAILED|ERROR) ([\w./\\:-]+\.py)(?:::(\S+(?: \S+\])?))?(?: - (.*))?$/;
/** Sections whose rulers look like those of failed tests. */
const HARMLESS = /^={3,} (?:PASSES|XPASSES|tests coverage|warnings summary|slowest .*|live log .*) ={3,}$/;
const USAGE =
  /^(?:ERROR: (?!usage: )(file or directory not found: (\S+)|not found: .*|.*(?:unrecognized arguments|Unknown config option).*)|pytest: error: (.+)|(?:ERROR: )?(Coverage failure: .*|FAIL Required test coverage of .*))$/;
const END = /^(?:={3,} .* ={3,}|={10,}$)/;
const PLACE = /^([^\s:][^:\n]*\.py):(\d+)(?:: (.*))?$/;

export const pytest: ToolReader = {
  tool: "pytest",
  hints: [
    "___ ",
    "FAILED ",
    "ERROR ",
    "INTERNALERROR",
    "=== ",
    "pytest: error",
    "file or directory",
    "Coverage failure",
    "test coverage of",
  ],
  start(line) {
    if (HARMLESS.test(line.text)) {
      return gather(
        [line],
        ({ text }) => (END.test(text) || SUMMARY.test(text) ? "no" : "take"),
        () => [],
      );
    }
    const usage = USAGE.exec(line.text);
    if (usage !== null) {
      const message = usage[1] ?? usage[3] ?? usage[4]!;
      return [
        {
          tool: "pytest",
          category: usage[4] === undefined ? "configuration" : "policy",
          message,
          first: line.no,
          last: line.no,
          place: usage[2] === undefined ? undefined : placeOf(usage[2]),
        },
      ];
    }
    const head = HEAD.exec(line.text);
    if (head !== null) return block(line, head);
    const summary = SUMMARY.exec(line.text);
    if (summary === null) return undefined;
    const said = summary[4] ?? "";
    const [, name = "", rest = said] = PYTHON_ERROR.exec(said) ?? [];
    const test = summary[3]?.replaceAll("::", ".") ?? summary[2]!;
    return [
      {
        tool: "pytest",
        category: pythonCategory(name, rest, "test"),
        message: said === "" ? `test failed: ${test}` : said,
        test,
        first: line.no,
        last: line.no,
        place: placeOf(summary[2]!),
        echo: true,
        captures: pythonCaptures(rest),
        key: pythonKey(name, rest),
      },
    ];
  },
};

function block(line: Line, head: RegExpExecArray) {
  return gather(
    [line],
    ({ text }) =>
      HEAD.test(text) || END.test(text) || SUMMARY.test(text) || /^\d+ (?:failed|passed|error)/.test(text)
        ? "no"
        : "take",
    (lines, range): Draft[] => {
      const texts = lines.map(({ text }) => text);
      const said = texts.filter((text) => /^E(?:\s|$)/.test(text)).map((text) => text.slice(1).trim());
      const named = said.map((text) => PYTHON_ERROR.exec(text)).findLast((match) => match !== null) ?? undefined;
      const first =
        named?.[0] ??
        said.find((text) => text !== "") ??
        texts
          .slice(1)
          .findLast((text) => PYTHON_ERROR.test(text.trim()))
          ?.trim() ??
        `${head[2]} failed`;
      const [, name = "", rest = first] = PYTHON_ERROR.exec(first) ?? [];
      const places = texts.map((text) => PLACE.exec(text.trim())).filter((match) => match !== null);
      const place = places.findLast((match) => !/site-packages|lib\/python/.test(match[1]!)) ?? frameOf(texts);
      const collecting = head[1] === "ERROR collecting";
      const assertion = said.find((text) => text.startsWith("assert ")) ?? "";
      const compared = /^assert (.+?) == (.+?)$/.exec(assertion);
      return [
        {
          tool: "pytest",
          category: pythonCategory(name, rest, "test"),
          message: first,
          test: head[2]!,
          ...range,
          place: place === undefined ? (collecting ? placeOf(head[2]!) : undefined) : placeOf(place[1]!, place[2]),
          captures: {
            ...pythonCaptures(rest),
            error: name,
            ...(compared === null ? {} : { actual: compared[1], expected: compared[2] }),
            fixtures: texts.map((text) => /^>?\s+available fixtures: (.+)$/.exec(text)?.[1]).find(Boolean),
          },
          key: /fixture '.*' not found/.test(rest) ? "fixture not found" : pythonKey(name, rest),
        },
      ];
    },
  );
}

function frameOf(texts: readonly string[]): RegExpExecArray | undefined {
  return (
    texts
      .map((text) => /^\s*(?:E\s+)?(?:File |file )"?([^",]+)"?, line (\d+)/.exec(text))
      .findLast((match) => match !== null && !/site-packages|lib\/python/.test(match[1]!)) ?? undefined
  );
}
