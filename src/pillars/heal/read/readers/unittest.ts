import { gather, placeOf, type ToolReader } from "../reader.ts";
import { PYTHON_ERROR, pythonCaptures, pythonCategory, pythonFrame, pythonKey } from "./python-error.ts";

// ======================================================================
// FAIL: test_eq (test_a.T.test_eq) (i=1)        Python ≤ 3.10 writes (test_a.T)
// ----------------------------------------------------------------------
// Traceback …
const HEAD = /^(FAIL|ERROR|UNEXPECTED SUCCESS): (\S+) \(([\w.<>]+)\)(.*)$/;
const RULE = /^(?:=|-){60,}$/;

export const unittest: ToolReader = {
  tool: "unittest",
  hints: ["FAIL: ", "ERROR: "],
  start(line, lane) {
    const head = HEAD.exec(line.text);
    const above = lane.back(1);
    if (head === null || above === undefined || !/^={60,}$/.test(above.text)) return undefined;
    let rules = 0;
    return gather(
      [above, line],
      ({ text }) => {
        if (/^={60,}$/.test(text) || /^Ran \d+ tests? in /.test(text)) return "no";
        if (RULE.test(text)) return ++rules > 1 ? "no" : "take";
        return "take";
      },
      (lines, range) => {
        const texts = lines.map(({ text }) => text);
        const at = texts.findLastIndex((text) => PYTHON_ERROR.test(text));
        const [, name = "", said = ""] = at === -1 ? [] : PYTHON_ERROR.exec(texts[at]!)!;
        const frame = pythonFrame(texts);
        const owner = head[3]!;
        const test = owner.endsWith(`.${head[2]}`) ? owner : `${owner}.${head[2]}`;
        return [
          {
            tool: "unittest",
            category: pythonCategory(name, said, "test"),
            message: name === "" ? `${head[1]}: ${head[2]}` : said === "" ? name : `${name}: ${said}`,
            test: test + head[4]!.trimEnd(),
            ...range,
            place: frame === undefined ? undefined : placeOf(frame.file, frame.line),
            captures: { ...pythonCaptures(said), error: name },
            key: pythonKey(name, said),
          },
        ];
      },
    );
  },
};
