import { gather, placeOf, type ToolReader } from "../reader.ts";
import { PYTHON_ERROR, pythonCaptures, pythonCategory, pythonFrame, pythonKey } from "./python-error.ts";
import { indentOf, isBlank } from "./text.ts";

// Traceback (most recent call last):
//   File "x.py", line 3, in <module>
//     foo()
// NameError: name 'foo' is not defined          a chained one goes on: "During handling of …", "The above exception was …"
// A SyntaxError of the started file has no "Traceback" line: it begins with `  File "x.py", line 3`.
const HEAD = /^\s*(?:\+ )?(?:Exception Group )?Traceback \(most recent call last\):$/;
const FILE = /^ {2}File "([^"]+)", line (\d+)$/;
/** Said before a line of the source is read, with neither place nor traceback. */
const UNREADABLE =
  /^SyntaxError: ((?:Non-UTF-8 code starting with .* in file (\S+) on line (\d+)|encoding problem|unknown encoding).*)$/;
const CHAIN = /^(?:During handling of the above exception|The above exception was the direct cause)/;

export const python: ToolReader = {
  tool: "python",
  hints: ["Traceback (most", '  File "', "SyntaxError: "],
  start(line) {
    const unreadable = UNREADABLE.exec(line.text);
    if (unreadable !== null) {
      return [
        {
          tool: "python",
          category: pythonCategory("SyntaxError", unreadable[1]!, "compilation"),
          message: line.text,
          first: line.no,
          last: line.no,
          place: unreadable[2] === undefined ? undefined : placeOf(unreadable[2], unreadable[3]),
          captures: { error: "SyntaxError" },
        },
      ];
    }
    if (!HEAD.test(line.text) && !FILE.test(line.text)) return undefined;
    const indent = HEAD.test(line.text) ? indentOf(line.text) : 0;
    let errors = 0;
    let chained = false;
    return gather(
      [line],
      ({ text }) => {
        const inner = text.slice(indent);
        if (isBlank(text)) return "take";
        if (CHAIN.test(inner)) {
          chained = true;
          return "take";
        }
        if (HEAD.test(text)) return errors === 0 || chained ? "take" : "no";
        if (PYTHON_ERROR.test(inner)) {
          if (errors > 0 && !chained) return "no";
          errors++;
          chained = false;
          return "take";
        }
        if (indentOf(text) > indent || /^\s*\|/.test(text)) return "take";
        // Messages run over several lines without indentation; a blank line or three lines end them.
        return "no";
      },
      (lines, range) => {
        const texts = lines.map(({ text }) => text.slice(Math.min(indent, indentOf(text))));
        const at = texts.findLastIndex((text) => PYTHON_ERROR.test(text));
        if (at === -1) return [];
        const [, name = "", said = ""] = PYTHON_ERROR.exec(texts[at]!)!;
        const start = Math.max(
          texts.findLastIndex((text, index) => index < at && HEAD.test(text)),
          0,
        );
        const frame = pythonFrame(texts.slice(start, at));
        return [
          {
            tool: "python",
            category: pythonCategory(name, said, "unknown"),
            message: said === "" ? name : `${name}: ${said}`,
            ...range,
            place: frame === undefined ? undefined : placeOf(frame.file, frame.line),
            confidence: "likely",
            captures: { ...pythonCaptures(said), error: name, source: sourceOf(texts, at) },
            key: pythonKey(name, said),
          },
        ];
      },
    );
  },
};

/** The source line of the innermost frame. */
function sourceOf(texts: readonly string[], error: number): string | undefined {
  for (let index = error - 1; index > 0; index--) {
    if (/^\s*File "/.test(texts[index - 1]!)) return texts[index]!.trim();
  }
  return undefined;
}
