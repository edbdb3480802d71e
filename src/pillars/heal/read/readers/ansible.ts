import { gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find, isBlank } from "./text.ts";

// TASK [install nginx] ****
// fatal: [web-1]: FAILED! => {"changed": false, "msg": "No package matching 'x' found"}     or UNREACHABLE!
// ERROR! couldn't resolve module/action 'foo'. …   [ERROR]: … (ansible-core ≥ 2.19)
const FATAL = /^(?:fatal|failed): \[([^\]]+)\](?:: (FAILED|UNREACHABLE)!| \(item=.*?\)| => )?(.*)$/;
const SYNTAX = /^(?:ERROR! |\[ERROR\]: )(.+)$/;

/** What the playbook asks for cannot be: no machine has to be looked at. */
const UNUSABLE =
  /is undefined|has no attribute|No such file or directory|Could not find or access|Unsupported parameters/;

export const ansible: ToolReader = {
  tool: "ansible",
  hints: ["fatal: [", "failed: [", "ERROR! ", "[ERROR]: "],
  start(line, lane) {
    const fatal = FATAL.exec(line.text);
    const syntax = fatal === null ? SYNTAX.exec(line.text) : null;
    if (fatal === null && syntax === null) return undefined;
    let task: string | undefined;
    for (let n = 1; n < 40 && fatal !== null && task === undefined; n++)
      task = find(lane.back(n)?.text ?? "", /^(?:TASK|RUNNING HANDLER) \[(.+)\]/);
    let depth = fatal === null ? 0 : balance(line.text);
    return gather(
      [line],
      ({ text }, held) => {
        if (/^(?:TASK|PLAY|RUNNING|fatal:|ok:|changed:|skipping:|NO MORE HOSTS|\.\.\.ignoring)/.test(text)) return "no";
        if (fatal !== null) {
          if (depth <= 0) return "no";
          depth += balance(text);
          return "take";
        }
        return held.length < 25 && !(isBlank(text) && isBlank(held.at(-1)!.text)) ? "take" : "no";
      },
      (lines, range) => {
        const all = lines.map(({ text }) => text).join("\n");
        const said =
          fatal === null
            ? syntax![1]!
            : (find(all, /"msg": "((?:[^"\\]|\\.)*)"/) ??
              find(all, /"stderr": "((?:[^"\\]|\\.)+)"/) ??
              (fatal[3]!.replace(/^ => /, "") || "task failed"));
        const at = /(?:error appears to be in |Origin: )'?([^'\n:]+?)'?(?:: line |:)(\d+)(?:, column |:)(\d+)/.exec(
          all,
        );
        const category: Category =
          fatal?.[2] === "UNREACHABLE"
            ? "infrastructure"
            : fatal === null && !said.startsWith("Task failed")
              ? "configuration"
              : categoryOf(said, UNUSABLE.test(said) ? "configuration" : "unknown");
        return [
          {
            tool: "ansible",
            category,
            message: said.replace(/\\n/g, " ").slice(0, 500),
            ...range,
            place: at === null ? undefined : placeOf(at[1]!, at[2], at[3]),
            captures: {
              task,
              host: fatal?.[1],
              module: find(said, /couldn't resolve module\/action '([^']+)'/),
              identifier: find(said, /'([\w.]+)' is undefined/),
              package: find(said, /No package matching '([^']+)'/),
            },
          },
        ];
      },
    );
  },
};

/** Braces left open: results printed as YAML-like JSON run over several lines. */
function balance(text: string): number {
  return [...text].reduce((sum, char) => sum + (char === "{" ? 1 : char === "}" ? -1 : 0), 0);
}
