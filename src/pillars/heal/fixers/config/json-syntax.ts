import { createScanner } from "jsonc-parser";
import { type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const FAULT =
  /in JSON at position|EJSONPARSE|JSONDecodeError|Unexpected end of JSON|is not valid JSON|JSONParseError|Expecting property name enclosed/;

export const jsonSyntax: Fixer = {
  name: "json-syntax",
  summary: "a slip in a JSON file: a comma too many or too few, a comment, single quotes",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    if (!FAULT.test(text)) return [];
    const named = /([\w@./-]+\.json)\b/.exec(text)?.[1];
    const file = (named === undefined ? undefined : await input.tree.locate(named)) ?? (await placeOf(input))?.file;
    if (!file?.endsWith(".json")) return [];
    return proposals(`write ${file} as valid JSON`, [
      await rewrite(input.tree, file, (source) => {
        const mended = mend(source.replace(/^\uFEFF/, ""));
        return isJson(mended) ? mended : undefined;
      }),
    ]);
  },
};

/** jsonc-parser's token numbers; its own enum has no value at run time. */
const TOKEN = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  lineComment: 12,
  comment: 13,
  lineBreak: 14,
  blank: 15,
  end: 17,
} as const;
/** null, true, false, string, number. */
const VALUES = [7, 8, 9, 10, 11];
const STARTS = [...VALUES, TOKEN.openBrace, TOKEN.openBracket];
const ENDS = [...VALUES, TOKEN.closeBrace, TOKEN.closeBracket];

/** The text with its slips mended and everything else, white space included, as it was. */
function mend(source: string): string {
  const quoted = source.replace(/(?<=[{[,:\s])'((?:[^'"\\\n]|\\.)*)'(?=\s*[,:}\]])/g, '"$1"');
  const scanner = createScanner(quoted, false);
  const out: string[] = [];
  let last: { kind: number; at: number } | undefined;
  for (let kind: number = scanner.scan(); kind !== TOKEN.end; kind = scanner.scan()) {
    const text = quoted.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength());
    if (kind === TOKEN.lineComment || kind === TOKEN.comment) continue;
    if (kind === TOKEN.lineBreak || kind === TOKEN.blank) {
      out.push(text);
      continue;
    }
    const closes = kind === TOKEN.closeBrace || kind === TOKEN.closeBracket;
    if (closes && last?.kind === TOKEN.comma) out[last.at] = "";
    if (last && ENDS.includes(last.kind) && STARTS.includes(kind)) out[last.at] += ",";
    last = { kind, at: out.length };
    out.push(text);
  }
  // A comment that stood alone on its line leaves no line behind.
  return out
    .join("")
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
