import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

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

/** An opening bracket without its own closing one, and where that has to stand at the latest. */
interface Unclosed {
  readonly char: string;
  readonly at: number;
  readonly before: number | undefined;
}

/** The line with what is missing or without what is too much; nothing for one whose brackets fit. */
export function balanced(written: string): string[] {
  const line = written.replace(/\r$/, "");
  const found = brackets(line);
  const open: { readonly char: string; readonly at: number }[] = [];
  const unclosed: Unclosed[] = [];
  const surplus: number[] = [];
  for (const { char, at } of found) {
    if (CLOSER[char] !== undefined) open.push({ char, at });
    else if (open.some((one) => CLOSER[one.char] === char)) {
      // What was opened after the bracket that this one closes has to be closed before it.
      for (let last = open.pop(); last && CLOSER[last.char] !== char; last = open.pop()) {
        unclosed.push({ ...last, before: at });
      }
    } else surplus.push(at);
  }
  unclosed.push(...open.map((one) => ({ ...one, before: undefined })));
  // A brace at the end opens a block, one at the beginning closes it: both belong to other lines.
  const missing = unclosed.filter(({ char, at }) => !(char === "{" && line.slice(at + 1).trim() === ""));
  const extra = surplus.filter((at) => !(line[at] === "}" && line.slice(0, at).trim() === ""));
  if (missing.length + extra.length !== 1) return [];
  const [one] = missing;
  if (one === undefined) {
    const at = extra[0] ?? 0;
    return [line.slice(0, at) + line.slice(at + 1)];
  }
  const closer = CLOSER[one.char] ?? "";
  // Behind all that it may hold, then behind each of the inner brackets and before each comma.
  const end = one.before ?? /\s*(?:[;,]|(?:=>|->)?\s*\{|\{)?\s*(?:\/\/.*)?$/.exec(line)?.index ?? line.length;
  const inner = found.filter(({ char, at }) => at > one.at && CLOSER[char] === undefined).map(({ at }) => at + 1);
  const commas = [...line.matchAll(/,/g)].map(({ index }) => index).filter((at) => at > one.at);
  const places = new Set([end, ...inner, ...commas.reverse()].filter((at) => at <= end));
  return [...places].slice(0, 5).map((at) => line.slice(0, at) + closer + line.slice(at));
}

/** The brackets of a line outside of its strings and comments; those in the `${…}` of a template string count. */
function brackets(line: string): { readonly char: string; readonly at: number }[] {
  const found: { char: string; at: number }[] = [];
  /** The quote that a string began with; `}` for a template string's code. */
  const within: string[] = [];
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    const quote = within.at(-1);
    if (quote !== undefined && quote !== "}") {
      if (char === "\\") at++;
      else if (char === quote) within.pop();
      else if (quote === "`" && char === "$" && line[at + 1] === "{") {
        within.push("}");
        found.push({ char: "{", at: ++at });
      }
    } else if (char === '"' || char === "`" || (char === "'" && line.indexOf("'", at + 1) > 0)) within.push(char);
    else if (char === "/" && line[at + 1] === "/") break;
    else if ("()[]{}".includes(char)) {
      found.push({ char, at });
      if (char === "}" && quote === "}") within.pop();
    }
  }
  return found;
}
