import { gather, placeOf, type ToolReader } from "../reader.ts";
import { find } from "./text.ts";

// name[play]: All plays should be named.        syntax-check[specific]: couldn't resolve module/action 'x'.
// play.yml:1:3
// with --parseable, and in CI:  play.yml:1:3: name[play]: All plays should be named.
const HEAD = /^([a-z][a-z-]+(?:\[[\w-]+\])?): (\S.*)$/;
const PLACE = /^(\S+\.(?:ya?ml|json|j2|cfg)):(\d+)(?::(\d+))?(?: (?:Task\/Handler: (.+)|\S.*))?$/;
const LINE = /^(\S+\.ya?ml):(\d+)(?::(\d+))?: ([a-z][a-z-]+(?:\[[\w-]+\])?): (\S.*)$/;

export const ansibleLint: ToolReader = {
  tool: "ansible-lint",
  hints: [".yml", ".yaml", ".j2"],
  start(line, lane) {
    const flat = LINE.exec(line.text);
    const place = flat === null ? PLACE.exec(line.text) : null;
    const above = place === null ? undefined : lane.back(1);
    const head = above === undefined ? null : HEAD.exec(above.text);
    if (flat === null && (place === null || head === null)) return undefined;
    const rule = flat?.[4] ?? head![1]!;
    const said = flat?.[5] ?? head![2]!;
    const at = (flat ?? place)!;
    return gather(
      above === undefined ? [line] : [above, line],
      () => "no",
      (_lines, range) => [
        {
          tool: "ansible-lint",
          category: /^(?:syntax-check|parser-error|load-failure)/.test(rule) ? "configuration" : "lint",
          message: said,
          ...range,
          place: placeOf(at[1]!, at[2], at[3]),
          captures: {
            rule,
            task: place?.[4],
            module: find(said, /module\/action '([^']+)'/) ?? find(said, /\(([a-z]\w*)\)\.?$/),
          },
          key: rule,
        },
      ],
    );
  },
};
