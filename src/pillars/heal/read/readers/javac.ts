import { gather, placeOf, type ToolReader } from "../reader.ts";
import { categoryOf, find } from "./text.ts";

// A.java:2: error: cannot find symbol            javac alone, under Ant, Gradle and Bazel; kotlinc and scalac write alike
//         foo();
//         ^
//   symbol:   method foo()
// Gradle up to 5 leaves its task's name on the same line: ":compileJava/src/A.java:2: error: …"
const HEAD =
  /^(?:\s*\[javac\] |\[error\] )?(?:e: )?(?:file:\/\/|(?::[\w-]+)+(?=\/))?(\S.*?\.(?:java|kts?|scala)):(\d+)(?::(\d+))?:? (?:error: )?(.*)$/;
const OLD_KOTLIN = /^e: (\S.*?\.kts?): \((\d+), (\d+)\): (.*)$/;

export const javac: ToolReader = {
  tool: "javac",
  hints: [".java:", ".kt:", ".kts:", ".scala:", "-Werror specified"],
  start(line) {
    const { text } = line;
    if (/^error: warnings found and -Werror specified$/.test(text)) {
      return [{ tool: "javac", category: "warnings_as_errors", message: text.slice(7), first: line.no, last: line.no }];
    }
    const match = OLD_KOTLIN.exec(text) ?? HEAD.exec(text);
    if (match === null || !/(?:: error: |^e: |^\[error\] )/.test(text)) return undefined;
    return gather(
      [line],
      ({ text: next }, held) => {
        if (/^(?:e: |\[error\] \S)/.test(next) || HEAD.test(next)) return "no";
        if (
          /^\s+(?:symbol|location|required|found|reason|where|lower|upper|equality|\()/.test(next) ||
          /^\s*\^$/.test(next)
        )
          return "take";
        return held.length < 4 && !/^\d+ errors?$|^Note: |^BUILD|^FAILURE|^> |^$|^\S+: /.test(next) ? "take" : "no";
      },
      (lines, range) => {
        const said = match[4]!;
        const all = lines.map(({ text: next }) => next).join("\n");
        const missing = find(said, /^package (\S+) does not exist/);
        const symbol = find(all, /symbol:\s+(.+)$/m);
        return [
          {
            tool: /\.kts?$/.test(match[1]!) ? "kotlinc" : /\.scala$/.test(match[1]!) ? "scalac" : "javac",
            category: /warnings found and -Werror/.test(said) ? "warnings_as_errors" : categoryOf(said, "compilation"),
            message: symbol === undefined ? said : `${said} symbol: ${symbol}`,
            ...range,
            place: placeOf(match[1]!, match[2], match[3]),
            captures: {
              identifier:
                find(all, /symbol:\s+(?:class|variable|method|interface|static) (\w+)/) ??
                find(said, /[Uu]nresolved reference:? '?(\w+)/),
              package: missing,
              type: find(all, /location:\s+(?:class|interface|variable \w+ of type) (\S+)/),
              actual: find(said, /incompatible types: (.+?) cannot be converted/),
              expected: find(said, /cannot be converted to (.+)$/),
            },
            key: missing,
          },
        ];
      },
    );
  },
};
