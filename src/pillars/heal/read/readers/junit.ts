import type { Line } from "../clean.ts";
import { type Draft, gather, type Lane, placeOf, type ToolReader } from "../reader.ts";
import { isBlank } from "./text.ts";

// surefire 2.x:  untar(org.x.JTarTest)  Time elapsed: 0.02 sec  <<< ERROR!      (with or without "[ERROR] " before)
// surefire 2.2x: [ERROR] org.x.JTarTest.untar  Time elapsed: 0.02 s  <<< FAILURE!
// surefire 3.x:  [ERROR] org.x.JTarTest.untar -- Time elapsed: 0.02 s <<< ERROR!
//   java.io.IOException: what
//   \tat …
// then           [ERROR]   JTarTest.untar:12 » IO what                            summary
// randomizedtesting: FAILURE 0.05s J0 | ParserTest.testX <<<
const HEAD =
  /^(?:\[ERROR\] )?(?:([\w$.[\]{} ,=:#@/()-]+?)\(([\w.$]+)\)|([\w.$]+?)(?:\.([\w$-]+(?:[({[].*)?))?)(?: {1,2}|\s+--\s+)Time elapsed: [\d.,]+ ?s(?:ec)?\s+<<< (ERROR|FAILURE)!/;
const CLASS = /^(?:\[ERROR\] )?Tests run: \d+, Failures: \d+, Errors: \d+, .*<<< (?:ERROR|FAILURE)!(?: --? in (\S+))?/;
const SUMMARY =
  /^\[ERROR\] {1,3}(?:Run \d+: )?([A-Z][\w$]*(?:[.>][\w$]+)*(?:\(.*?\)|\[.*?\])?)(?::(\d+))?(?:->\S+)* (.*)$/;
const RANDOMIZED = /^(FAILURE|ERROR)\s+[\d.]+s(?: J\d+)? \| ([\w.$]+) <<<$/;
const LIST = /^\[ERROR\] (?:Failures|Errors):\s*$|^(?:Failed tests|Tests in error):/;

export const junit: ToolReader = {
  tool: "junit",
  hints: ["<<<", "[ERROR] Failures:", "[ERROR] Errors:", "Failed tests:", "Tests in error:"],
  start(line, lane) {
    if (LIST.test(line.text)) return summaryBlock(line);
    const randomized = RANDOMIZED.exec(line.text);
    if (randomized !== null) return stackBlock(line, randomized[2]!);
    if (CLASS.test(line.text)) {
      const name = CLASS.exec(line.text)![1];
      return [
        {
          tool: "junit",
          category: "test",
          message: `tests failed${name === undefined ? "" : ` in ${name}`}`,
          first: line.no,
          last: line.no,
          rank: "consequence",
          captures: { class: name },
        },
      ];
    }
    const head = HEAD.exec(line.text);
    if (head === null) return undefined;
    const owner = head[2] ?? head[3]!;
    const method = (head[1]?.trim() ?? head[4])?.replace(/ --$/, "");
    if (method !== undefined) return stackBlock(line, `${owner}.${method}`);
    // surefire 2.22 with JUnit 5 gives the method alone; its class stands above.
    const inClass = /^[a-z]\w*$/.test(owner) ? classAbove(lane) : undefined;
    return stackBlock(line, inClass === undefined ? owner : `${inClass}.${owner}`);
  },
};

function classAbove(lane: Lane): string | undefined {
  for (let n = 1; n < 60; n++) {
    const text = lane.back(n)?.text;
    if (text === undefined) return undefined;
    const name = CLASS.exec(text)?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}

function stackBlock(line: Line, test: string) {
  return gather(
    [line],
    ({ text }, held) => {
      if (isBlank(text))
        return held.length > 1 && held.some(({ text: other }) => /^\s+(?:at|>) /.test(other)) ? "no" : "take";
      if (HEAD.test(text) || CLASS.test(text) || LIST.test(text)) return "no";
      if (/^\[(?:INFO|ERROR|WARNING)\]|^(?:Running |Tests run:|Results ?:)/.test(text)) return "no";
      return "take";
    },
    (lines, range): Draft[] => {
      const texts = lines.slice(1).map(({ text }) => text);
      const first = texts.findIndex((text) => !isBlank(text));
      const error =
        /^(?:\s*> Throwable #1: )?\s*([\w.$]+(?:Error|Exception|Failure|Throwable|Comparison\w*|Defect|Fault)?[\w$]*)(?:: (.*))?$/.exec(
          texts[first]?.trim() ?? "",
        );
      const stack = texts.findIndex((text) => /^\s+(?:> )?\s*at /.test(text));
      const said = texts
        .slice(Math.max(first, 0), stack === -1 ? first + 4 : stack)
        .map((text) => text.trim())
        .filter(Boolean)
        .join(" ");
      const deepest = texts.findLast((text) => /^\s*(?:> )?Caused by: /.test(text))?.trim();
      const owner = test.split(/[.#]/).find((part) => /^[A-Z]/.test(part));
      const frame = texts
        .map((text) => /^\s+(?:> )?\s*at ([\w.$/]+)\(([\w$]+\.(?:java|kt|groovy|scala)):(\d+)\)/.exec(text))
        .find((match) => match !== null && owner !== undefined && match[1]!.includes(owner));
      const compared = /expected:? ?<(.*?)> but was:? ?<(.*?)>/.exec(said);
      const name = /Caused by: (?:> )?([\w.$]+)/.exec(deepest ?? "")?.[1] ?? error?.[1];
      return [
        {
          tool: "junit",
          category: "test",
          message: said === "" ? `test failed: ${test}` : said.slice(0, 500),
          test,
          ...range,
          place: frame ? placeOf(frame[2]!, frame[3]) : undefined,
          captures: {
            error: name,
            cause: deepest?.replace(/^(?:> )?Caused by: /, ""),
            expected: compared?.[1],
            actual: compared?.[2],
          },
          key:
            name !== undefined &&
            /^(?:java|javax|jakarta|org\.junit|org\.opentest4j|org\.assertj|org\.mockito|kotlin)\./.test(name)
              ? name
              : undefined,
        },
      ];
    },
  );
}

/** The list at the end repeats what was told with its stack above; it speaks for itself when the stacks went to files. */
function summaryBlock(line: Line) {
  // Before surefire 2.20 the heading's own line holds the first entry.
  const entries: Line[] = /^Failed tests:\s+\S|^Tests in error:\s+\S/.test(line.text) ? [line] : [];
  return {
    take(next: Line) {
      if (/^\[ERROR\] {1,3}\S|^ {2}\S/.test(next.text) || LIST.test(next.text)) {
        entries.push(next);
        return "take" as const;
      }
      return isBlank(next.text.replace(/^\[(?:ERROR|INFO)\]/, "")) && entries.length === 0
        ? ("take" as const)
        : ("no" as const);
    },
    finish: (): Draft[] =>
      entries.flatMap((entry) => {
        // surefire before 2.20: "Failed tests:   f(x.ATest): expected:<2> but was:<1>", also without the heading before it
        const old = /^(?:(?:Failed tests|Tests in error):)?\s+([\w$]+)\(([\w.$]+)\)(?:: (.*))?$/.exec(entry.text);
        if (old !== null) {
          const test = `${old[2]}.${old[1]}`;
          return [
            {
              tool: "junit",
              category: "test" as const,
              message: old[3] ?? `test failed: ${test}`,
              test,
              first: entry.no,
              last: entry.no,
              echo: true,
            },
          ];
        }
        const match = SUMMARY.exec(entry.text.startsWith("[") ? entry.text : `[ERROR] ${entry.text}`);
        if (match === null || /^Tests (?:run|in error):/.test(entry.text.trim())) return [];
        return [
          {
            tool: "junit",
            category: "test" as const,
            message: match[3]!.replace(/^» /, ""),
            test: match[1]!.replaceAll(">", "."),
            first: entry.no === line.no + 1 ? line.no : entry.no,
            last: entry.no,
            echo: true,
          },
        ];
      }),
  };
}
