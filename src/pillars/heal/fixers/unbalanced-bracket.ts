import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "./fixer.ts";

/** What parsers of languages with braces say when a bracket is missing or too many. */
const SAYS = new RegExp(
  [
    `['"‘\`][,;)\\]}]['"’\`](?: or ['"‘\`][,;)\\]}(\\[]['"’\`])* expected`, // tsc, javac
    `expected ['"‘\`]?[,;)\\]}]`, // gcc, clang, rustc, go
    "missing \\) after argument list|Unexpected token|Unexpected end of input|Unexpected end of file", // node, esbuild
    "mismatched closing delimiter|unclosed delimiter|unexpected closing delimiter", // rustc
    "syntax error: unexpected|missing ',' (?:before newline )?in", // go
    "Declaration or statement expected|Expression expected|Parsing error|reached end of file while parsing",
  ].join("|"),
);
const SOURCE = /\.(?:[cm]?[jt]sx?|java|kt|rs|go|c|cc|cpp|cxx|h|hpp|cs|php|swift)$/;
const CLOSER: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

export const unbalancedBracket: Fixer = {
  name: "unbalanced-bracket",
  summary: "a line with a bracket that is never closed, or closed once too often",
  trust: 0.5,
  async propose(input) {
    const place = await placeOf(input);
    if (!place || !SOURCE.test(place.file) || !SAYS.test(textOf(input))) return [];
    const lines = ((await input.tree.read(place.file)) ?? "").split("\n");
    const changes = [];
    // A parser complains where it can't go on: on the line itself or the next one that says something.
    for (const at of [place.line, previous(lines, place.line)]) {
      for (const mended of balanced(lines[at - 1] ?? "")) {
        changes.push(
          await rewrite(
            input.tree,
            place.file,
            editLine(at, () => mended),
          ),
        );
      }
    }
    return changes.flatMap((change) => proposals("balance the brackets of the line", [change]));
  },
};

function previous(lines: readonly string[], line: number): number {
  let at = line - 1;
  while (at > 0 && (lines[at - 1] ?? "").trim() === "") at--;
  return at;
}

/** The line with what is missing or without what is too much; nothing for one whose brackets fit. */
export function balanced(written: string): string[] {
  const line = written.replace(/\r$/, "");
  const open: { readonly char: string; readonly at: number }[] = [];
  const surplus: number[] = [];
  for (const { char, at } of brackets(line)) {
    if (CLOSER[char] !== undefined) open.push({ char, at });
    else if (open.length > 0 && CLOSER[open.at(-1)?.char ?? ""] === char) open.pop();
    else surplus.push(at);
  }
  // A brace at the end opens a block, one at the beginning closes it: both belong to other lines.
  const missing = open.filter(({ char, at }) => !(char === "{" && line.slice(at + 1).trim() === ""));
  const extra = surplus.filter((at) => !(line[at] === "}" && line.slice(0, at).trim() === ""));
  if (missing.length + extra.length !== 1) return [];
  const [one] = missing;
  if (one === undefined) {
    const at = extra[0] ?? 0;
    return [line.slice(0, at) + line.slice(at + 1)];
  }
  const closer = CLOSER[one.char] ?? "";
  // Behind all that it may hold, then behind each of the inner brackets and before each comma.
  const end = /\s*(?:[;,]|(?:=>|->)?\s*\{|\{)?\s*(?:\/\/.*)?$/.exec(line)?.index ?? line.length;
  const inner = brackets(line)
    .filter(({ char, at }) => at > one.at && CLOSER[char] === undefined)
    .map(({ at }) => at + 1);
  const commas = [...line.matchAll(/,/g)].map(({ index }) => index).filter((at) => at > one.at);
  const places = new Set([end, ...inner, ...commas.reverse()].filter((at) => at <= end));
  return [...places].slice(0, 4).map((at) => line.slice(0, at) + closer + line.slice(at));
}

/** The brackets of a line outside of its strings and comments. */
function brackets(line: string): { readonly char: string; readonly at: number }[] {
  const found = [];
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quote !== undefined) {
      if (char === "\\") at++;
      else if (char === quote) quote = undefined;
    } else if (char === '"' || char === "`" || (char === "'" && line.indexOf("'", at + 1) > 0)) quote = char;
    else if (char === "/" && line[at + 1] === "/") break;
    else if ("()[]{}".includes(char)) found.push({ char, at });
  }
  return found;
}
