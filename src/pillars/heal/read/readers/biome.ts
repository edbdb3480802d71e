import { gather, placeOf, type ToolReader } from "../reader.ts";
import { find } from "./text.ts";

// src/a.ts:1:8 lint/correctness/noUnusedImports  FIXABLE  ━━━━━━━━
//   × This import is unused.              "!" is a warning, "×" (1.x: "✖") an error
// src/a.ts format ━━━━━━━━   src/a.ts organizeImports ━━━━━━   src/a.js:1:11 parse ━━━━━
const HEAD =
  /^(\S.*?)(?::(\d+):(\d+))? ((?:lint|suppressions|assist|syntax|plugin)(?:\/\S+)?|format|parse|organizeImports|check|ci|deserialize|configuration|project|internalError\/\w+)(?:\s+(FIXABLE|INTERNAL|FATAL|DEPRECATED|UNSAFE))*\s*━{3,}$/;

export const biome: ToolReader = {
  tool: "biome",
  hints: ["━━━"],
  start(line) {
    const head = HEAD.exec(line.text);
    if (head === null) return undefined;
    return gather(
      [line],
      ({ text }) =>
        HEAD.test(text) ||
        /^(?:Checked|Found|Skipped|The number of diagnostics|Linted|Formatted|##\[|npm )/.test(text) ||
        /^(?:check|lint|ci|format) ━/.test(text)
          ? "no"
          : "take",
      (lines, range) => {
        const said = lines
          .slice(1)
          .map(({ text }) => /^\s*([×✖!i]) (.*)$/.exec(text))
          .find((match) => match !== null);
        if (said?.[1] === "!" || said?.[1] === "i") return [];
        const rule = head[4]!;
        const parse = rule === "parse" || rule.startsWith("syntax");
        return [
          {
            tool: "biome",
            category: parse
              ? "compilation"
              : rule === "deserialize" || rule === "configuration"
                ? "configuration"
                : "lint",
            message: said?.[2] ?? rule,
            ...range,
            place: placeOf(head[1]!, head[2], head[3]),
            captures: {
              rule: rule.split("/").at(-1),
              group: rule,
              identifier: find(said?.[2] ?? "", /(?:variable|import|parameter|function|class) (\w+) (?:is|are)/),
              fixable: /FIXABLE/.test(line.text) ? "true" : undefined,
            },
            key: rule,
          },
        ];
      },
    );
  },
};
