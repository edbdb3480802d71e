import { gather, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find, isBlank } from "./text.ts";

// FAILURE: Build failed with an exception.
//
// * What went wrong:
// Execution failed for task ':compileJava'.
// > Compilation failed; see the compiler error output for details.
//
// * Try:
// Tests: "RefundTest > isIdempotent() FAILED" with the indented error below.
const TEST = /^(\S.*? > .+?) FAILED$/;

export const gradle: ToolReader = {
  tool: "gradle",
  hints: ["What went wrong", " FAILED", "FAILURE: Build ", "BUILD FAILED in"],
  start(line) {
    const test = TEST.exec(line.text);
    if (test !== null && !line.text.startsWith(">")) {
      return gather(
        [line],
        ({ text }) => (/^\s{2,}\S/.test(text) || isBlank(text) ? "take" : "no"),
        (lines, range) => {
          const said =
            lines
              .slice(1)
              .map(({ text }) => text.trim())
              .find((text) => text !== "") ?? "test failed";
          const at = /at (\w+\.(?:java|kt|groovy|scala)):(\d+)/.exec(lines.map(({ text }) => text).join("\n"));
          return [
            {
              tool: "gradle test",
              category: "test",
              message: said.replace(/ at \w+\.(?:java|kt|groovy):\d+$/, ""),
              test: test[1]!,
              ...range,
              place: at ? { file: at[1]!, line: Number(at[2]) } : undefined,
            },
          ];
        },
      );
    }
    // These stand above "What went wrong", and say nothing themselves.
    if (
      /^(?:FAILURE: Build (?:failed|completed) with \w+ (?:exception|failures?)\.|(?:> Task )?(?::[\w.-]+)+ FAILED|BUILD FAILED in .*)$/.test(
        line.text,
      )
    ) {
      return [];
    }
    if (!/^\* What went wrong:$/.test(line.text)) return undefined;
    return gather(
      [line],
      ({ text }) => (/^\* (?:Try|Exception is|Get more help)/.test(text) || /^={10,}$/.test(text) ? "no" : "take"),
      (lines, range) => {
        const said = lines
          .slice(1)
          .map(({ text }) => text.trim())
          .filter((text) => text !== "");
        const all = said.join("\n");
        const task = find(all, /Execution failed for task '([^']+)'/);
        const missing = /Could not (?:find|resolve) ([\w.-]+:[\w.-]+)(?::([\w.+-]*[\w+]))?/.exec(all);
        const category = gradleCategory(all, task);
        const told =
          /^> (?:Compilation failed|Compilation error|There were failing tests|Process .* finished with non-zero)/m.test(
            all,
          );
        return [
          {
            verdict: true,
            tool: "gradle",
            category,
            message:
              (task === undefined ? said : said.slice(1)).slice(0, 2).join(" ").replace(/^> /, "") ||
              (said[0] ?? "build failed"),
            ...range,
            ...(told ? { rank: "consequence" as const } : {}),
            captures: { task, package: missing?.[1], version: missing?.[2] },
            key: missing?.[1],
          },
        ];
      },
    );
  },
};

function gradleCategory(said: string, task: string | undefined): Category {
  if (/Could not (?:find|resolve) (?!method |property )|Could not download|Plugin \[id: .*\] was not found/.test(said))
    return categoryOf(
      said,
      /conflict|Cannot find a version .* that satisfies/.test(said) ? "dependency_conflict" : "dependency_resolution",
    );
  if (/Locking|lock state|dependency lock|verification failed for .* artifacts|dependency verification/i.test(said))
    return "dependency_lock";
  if (/warnings found and -Werror/.test(said)) return "warnings_as_errors";
  if (/failing tests/.test(said)) return "test";
  if (/[cC]ompilation (?:failed|error)/.test(said)) return "compilation";
  if (/spotless|ktlint|detekt|checkstyle|pmd|spotbugs|lint/i.test(task ?? "")) return "lint";
  if (
    /Could not compile (?:build|settings|script)|A problem occurred (?:evaluating|configuring)|Task '.*' not found|Could not determine the dependencies|Unsupported class file|SDK location not found|Project '.*' not found/.test(
      said,
    )
  )
    return "configuration";
  return categoryOf(said, "unknown");
}
