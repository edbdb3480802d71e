import { didYouMean } from "../../../../core/suggest.ts";
import { editLine, type Fixer, type FixerInput, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

/** The script that the shell names, and its lines; undefined for a file that is none. */
async function scriptOf(input: FixerInput) {
  const place = await placeOf(input);
  const text = place === undefined ? undefined : await input.tree.read(place.file);
  if (place === undefined || text === undefined) return undefined;
  return /\.(?:sh|bash)$/.test(place.file) || /^#!.*\b(?:ba|da|z|k)?sh\b/.test(text)
    ? { ...place, text, lines: text.split("\n") }
    : undefined;
}

const BRACKET =
  /\[+\S*: (?:command )?not found|\[: missing [`']\]'|(?:if|elif|while|until)\[+: (?:command )?not found|near unexpected token [`'](?:then|do)'|"(?:then|do)" unexpected/;

export const shellTestSpacing: Fixer = {
  name: "shell-test-spacing",
  summary: "a shell test without the blanks that `[` and `]` need",
  trust: 0.9,
  async propose(input) {
    const script = await scriptOf(input);
    if (!script || !BRACKET.test(textOf(input))) return [];
    const spaced = (line: string) =>
      line
        .replace(/(^|[\s;&|(!])(if|elif|while|until)(?=\[)/g, "$1$2 ")
        .replace(/(^|[;&|(!]\s*|\b(?:if|elif|while|until|then|do|else)\s+)(\[\[?)(?=[^\s[])/g, "$1$2 ")
        .replace(/((?:^|[;&|(!\s])\[\[? .*?[^\s\]])(\]\]?)(?=\s*(?:;|&&|\|\||$))/g, "$1 $2");
    return proposals("put blanks inside the brackets of the test", [
      await rewrite(input.tree, script.file, editLine(script.line, spaced)),
    ]);
  },
};

const NOT_FOUND = /: (?:line )?\d+: ([A-Za-z_]\w*): (?:command )?not found/;

export const shellAssignmentSpaces: Fixer = {
  name: "shell-assignment-spaces",
  summary: "a shell assignment with blanks around its `=`",
  trust: 0.9,
  async propose(input) {
    const script = await scriptOf(input);
    const name = NOT_FOUND.exec(textOf(input))?.[1];
    if (!script || name === undefined) return [];
    return proposals(`assign ${name} without blanks`, [
      await rewrite(
        input.tree,
        script.file,
        editLine(script.line, (line) =>
          line.replace(new RegExp(`^(\\s*(?:(?:export|local|readonly)\\s+)?${name})\\s+=[ \\t]*(?==?)(?!=)`), "$1="),
        ),
      ),
    ]);
  },
};

const ENDLESS = /syntax error: unexpected end of file|end of file unexpected|unexpected end of file from/i;
const CLOSERS: Readonly<Record<string, string>> = { if: "fi", do: "done", case: "esac", "{": "}" };

export const shellUnclosedBlock: Fixer = {
  name: "shell-unclosed-block",
  summary: "an `if`, loop, `case` or function of a shell script that is never closed",
  trust: 0.7,
  async propose(input) {
    const script = await scriptOf(input);
    if (!script || !ENDLESS.test(textOf(input))) return [];
    const open = unclosed(script.lines);
    const [block] = open;
    if (block === undefined || open.length > 1) return [];
    const indent = /^\s*/.exec(script.lines[block.line] ?? "")?.[0] ?? "";
    const closer = `${indent}${block.closer}`;
    const places = new Set([endOfBlock(script.lines, block.line, indent.length), lastLine(script.lines)]);
    const changes = await Promise.all(
      [...places].map((at) =>
        rewrite(input.tree, script.file, (text) => {
          const lines = text.split("\n");
          lines.splice(at, 0, closer);
          return lines.join("\n");
        }),
      ),
    );
    return changes.flatMap((change) => proposals(`close the block with ${block.closer}`, [change]));
  },
};

/** Blocks that are open at the end, by the words that begin commands; quotes, comments and here-documents are passed over. */
function unclosed(lines: readonly string[]): readonly { readonly line: number; readonly closer: string }[] {
  const open: { line: number; closer: string }[] = [];
  let until: string | undefined;
  for (const [number, raw] of lines.entries()) {
    if (until !== undefined) {
      if (raw.trim() === until) until = undefined;
      continue;
    }
    until = /<<-?\s*["']?(\w+)["']?/.exec(raw)?.[1];
    const line = raw
      .replace(/\\./g, "")
      .replace(/'[^']*'|"[^"]*"|\$\{[^}]*\}/g, "x")
      .replace(/(^|\s)#.*$/, "");
    for (const [, word = ""] of line.matchAll(
      /(?:^|[;&|(]|\b(?:then|do|else)\b|\))\s*(if|do|case|fi|done|esac|\{|\})(?=[\s;&|)]|$)/g,
    )) {
      const closer = CLOSERS[word];
      if (closer !== undefined) open.push({ line: number, closer });
      else if (open.at(-1)?.closer === word) open.pop();
    }
  }
  return open;
}

/** Where the indentation says that the block ends: before the first line that is not deeper and goes on with another thing. */
function endOfBlock(lines: readonly string[], from: number, indent: number): number {
  for (let at = from + 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || /^\s*(?:then|do|else|elif|\{)\b/.test(line)) continue;
    if ((/^\s*/.exec(line)?.[0].length ?? 0) <= indent) return at;
  }
  return lastLine(lines);
}

function lastLine(lines: readonly string[]): number {
  let last = lines.length;
  while (last > 0 && (lines[last - 1] ?? "").trim() === "") last--;
  return last;
}

const UNBOUND = /([A-Za-z_]\w*): (?:unbound variable|parameter not set)/;

export const shellUnboundVariable: Fixer = {
  name: "shell-unbound-variable",
  summary: "a misspelt variable of a shell script under `set -u`, by the variables that the script sets",
  trust: 0.9,
  async propose(input) {
    const script = await scriptOf(input);
    const name = UNBOUND.exec(textOf(input))?.[1];
    if (!script || name === undefined) return [];
    const set = [
      ...script.text.matchAll(/(?:^|[\s;])(?:for\s+|read\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)(?==|\s+in\s|\s*$)/gm),
    ];
    const assigned = set.flatMap(([all, word = ""]) =>
      /^\s*(?:for|read)\s/.test(all) || script.text.includes(`${word}=`) ? [word] : [],
    );
    const meant = didYouMean(name, new Set(assigned));
    if (meant === undefined) return [];
    return proposals(`write ${meant} for ${name}`, [
      await rewrite(input.tree, script.file, (text) =>
        text.replace(new RegExp(`(\\$\\{?)${name}\\b`, "g"), `$1${meant}`),
      ),
    ]);
  },
};

const QUOTE = /unexpected EOF while looking for matching [`'](["'])'|Unterminated quoted string/;

export const shellUnclosedQuote: Fixer = {
  name: "shell-unclosed-quote",
  summary: "a quote of a shell script that is never closed on its line",
  trust: 0.7,
  async propose(input) {
    const script = await scriptOf(input);
    const match = QUOTE.exec(textOf(input));
    if (!script || match === null) return [];
    const quotes = match[1] === undefined ? ['"', "'"] : [match[1]];
    const proposed = [];
    for (const quote of quotes) {
      // The shell names the line where the last quote was opened; the one that was left open is that or one before it.
      const odd = script.lines.flatMap((line, index) => (index < script.line && oddly(line, quote) ? [index + 1] : []));
      for (const line of [...new Set([odd[0], odd.at(-1)])].filter((one) => one !== undefined)) {
        proposed.push(
          ...proposals("close the quote", [
            await rewrite(
              input.tree,
              script.file,
              editLine(line, (text) => `${text.trimEnd()}${quote}`),
            ),
          ]),
        );
      }
    }
    return proposed;
  },
};

function oddly(line: string, quote: string): boolean {
  const other = quote === '"' ? /'[^']*'/g : /"(?:[^"\\]|\\.)*"/g;
  const plain = line.replace(/\\./g, "").replace(other, "");
  return !/^\s*#/.test(plain) && (plain.split(quote).length - 1) % 2 === 1;
}
