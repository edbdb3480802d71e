/**
 * Commit messages in Markdown. Whoever can commit can write anything there: links, HTML, mentions that ping strangers,
 * control and bidirectional characters. A message is shown as the text it is; only balanced code spans stay, since
 * people write them on purpose and nothing inside them is markup.
 */

/** C0/C1 controls, ANSI escapes' rest, zero-width and bidirectional controls, the byte order mark, line separators. */
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** One line of plain text: no control characters, no runs of white space, at most `limit` characters. */
export function plainLine(text: string, limit = 300): string {
  // Cut before the expressions run: a header can be a megabyte long.
  const cut = text.length > 8 * limit ? text.slice(0, 8 * limit) : text;
  const line = cut.replace(ANSI, "").replace(/\s+/g, " ").replace(INVISIBLE, "").trim().toWellFormed();
  if (line.length <= limit) return line;
  return `${line
    .slice(0, limit - 1)
    .toWellFormed()
    .replace(/\ufffd$/, "")
    .trimEnd()}…`;
}

/** A line of untrusted text as Markdown that shows exactly that text. `reference` turns `#12` into a link or text. */
export function markdownLine(text: string, reference: (number: string) => string = (n) => `#${n}`): string {
  const line = plainLine(text);
  const pieces = codeSpans(line);
  const shown = pieces.map(({ code, text: piece }) => (code ? piece : escapeText(piece, reference))).join("");
  return escapeStart(shown);
}

/** Splits at code spans whose backticks are balanced (CommonMark 6.1); all else is text. */
function codeSpans(line: string): { code: boolean; text: string }[] {
  if (!line.includes("`")) return [{ code: false, text: line }];
  const pieces: { code: boolean; text: string }[] = [];
  const fences = [...line.matchAll(/`+/g)].map((match) => ({ at: match.index, length: match[0].length }));
  let from = 0;
  for (let open = 0; open < fences.length; open++) {
    const start = fences[open] as { at: number; length: number };
    // A backslash before the first backtick makes it text for Markdown; it is escaped below like any other.
    if (start.at < from || line[start.at - 1] === "\\") continue;
    const end = fences.slice(open + 1).find((fence) => fence.length === start.length);
    if (!end) continue;
    pieces.push({ code: false, text: line.slice(from, start.at) });
    const inner = line.slice(start.at, end.at + end.length);
    // A pipe would end a table cell even inside code.
    pieces.push({ code: true, text: inner });
    from = end.at + end.length;
    open = fences.indexOf(end);
  }
  pieces.push({ code: false, text: line.slice(from) });
  return pieces;
}

const MENTION = /(?<![\w`/.@])@[A-Za-z0-9](?:[\w-]*)(?:\/[\w.-]+)?/g;

function escapeText(text: string, reference: (number: string) => string): string {
  let out = "";
  let from = 0;
  // Mentions become code: `@acme/tool` reads well and nobody is called.
  for (const match of text.matchAll(MENTION)) {
    out += `${escapeMarkup(text.slice(from, match.index), reference)}\`${match[0]}\``;
    from = match.index + match[0].length;
  }
  return out + escapeMarkup(text.slice(from), reference);
}

function escapeMarkup(text: string, reference: (number: string) => string): string {
  let out = "";
  let from = 0;
  for (const match of text.matchAll(/(?<![\w&/#])#(\d{1,9})\b/g)) {
    out += escapeCharacters(text.slice(from, match.index)) + reference(match[1] as string);
    from = match.index + match[0].length;
  }
  return out + escapeCharacters(text.slice(from));
}

function escapeCharacters(text: string): string {
  return (
    text
      .replace(/[\\`*[\]~|]/g, "\\$&")
      // Inside words an underscore is no emphasis, and snake_case should stay readable.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\_")
      .replace(/&(?=#?\w+;)/g, "&amp;")
      .replaceAll("<", "&lt;")
      .replace(/^>/, "&gt;")
  );
}

/** What at the start of a list item would be a heading, list, quote, rule or code block. */
function escapeStart(line: string): string {
  return line.replace(/^([#+=-])/, "\\$1").replace(/^(\d+)([.)])/, "$1\\$2");
}

/** Several lines of untrusted text as Markdown: each line shown as it is, blank lines kept, at most `limit` lines. */
export function markdownBlock(text: string, reference?: (number: string) => string, limit = 40): string[] {
  const lines = text.split(/\r?\n/).slice(0, limit);
  return lines.map((line) => {
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    return item ? `- ${markdownLine(item[1] as string, reference)}` : markdownLine(line, reference);
  });
}
