/**
 * A log message as the tokens of the statement that printed it: words, marks, single spaces, and `VALUE` for what any
 * reader sees to be a value whatever the system is (numbers, times, addresses, paths, sizes, fields of `key=value`).
 */

/** Stands for a value that the message was printed with: a character that no log is printed with. */
export const VALUE = "\ue000";

/** Characters looked at; what a statement prints beyond them is data. */
const LONGEST = 2000;

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";
const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*";
const TOP_DOMAIN = "(?:com|net|org|edu|gov|mil|int|info|biz|local|localdomain|[a-z]{2})";

/** Larger things first, since they hold smaller ones: a URL a host, a path a date. */
const VALUES: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][\w+.-]*:\/\/[^\s'"<>)\]]*[^\s'"<>)\],.:;]/gi, VALUE],
  [
    new RegExp(
      `\\b(?:${DAY},? +)?${MONTH} +\\d{1,2}\\b(?:,? +\\d\\d:\\d\\d:\\d\\d)?(?: [A-Z]{3,4}(?= \\d))?(?:,? +(?:19|20)\\d\\d\\b)?`,
      "g",
    ),
    VALUE,
  ],
  // Paths of two parts or more, then absolute ones of one part.
  [/(?<![^\s"'=,;:()<>|[\]])[^\s"'=,;:()<>|[\]]*(?:[\\/]+[^\s"',;()<>|[\]\\/]+){2,}[\\/]*/g, VALUE],
  [/(?<=^|[\s"'=(,:[])\.{0,2}\/[\w.~-]*/g, VALUE],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, VALUE],
  [/\b(?:[0-9a-f]{2}:){5,}[0-9a-f]{2}\b/gi, VALUE],
  [/(?<![\w:])(?=[a-f:]*\d)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi, VALUE],
  // Sizes and durations with their unit: 5.2 KB, <1 sec, 7829 bytes (7.64 KB).
  [
    /(?:<\s?)?(?<![\w.])\d+(?:\.\d+)? ?(?:[KMGT]i?B|B|bytes?|[mun]?s|secs?|seconds?)\b(?: \(\d+(?:\.\d+)? ?[KMGT]?i?B\))?/g,
    VALUE,
  ],
  [/\b0x[0-9a-f]+\b/gi, VALUE],
  [/\b(?=[a-f]*\d)[0-9a-f]{6,}\b/gi, VALUE],
  [/(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, VALUE],
  [new RegExp(`\\b(?:[\\w-]+\\.)+${TOP_DOMAIN}\\b(?![\\w.(])(?::\\d+)?`, "g"), VALUE],
  // Fields: nothing, a quoted text, an object with its contents.
  [/(?<==)(?:null|nil|none)\b/gi, VALUE],
  [/(?<=[=:] ?)"[^"]*"/g, VALUE],
  [/(?<==)\w*(?:\{[^{}]*\}|\[[^[\]]*\])/g, VALUE],
  [/(?<=^|\s)\(\)/g, `(${VALUE})`],
  [/(?<=^|\s)\[\]/g, `[${VALUE}]`],
  [/(?<=[\s(=:,[])[+-](?=\d)/g, ""],
  // A list of three names or more that differ in their numbers: an14 an15 an16.
  [/\b([A-Za-z]+)\d+(?: \1\d+){2,}\b/g, VALUE],
];

const PIECE = /[\w$%~\ue000]+(?:[.-][\w$%~\ue000]+)*|[^\w\ue000]/g;
/** What may stand between the parts of one value: dates, versions, coordinates. */
const JOINT = /^[.,:/\-_+@#x~%]$/;

/** Tokens of a message; a space stands between its words, runs of values are one. */
export function templateTokens(message: string): string[] {
  let text = message.length > LONGEST ? message.slice(0, LONGEST) : message;
  for (const [pattern, replacement] of VALUES) text = text.replace(pattern, replacement);
  const tokens: string[] = [];
  for (const word of text.split(/\s+/)) {
    if (word === "") continue;
    if (tokens.length > 0) push(tokens, " ");
    for (const [piece] of word.matchAll(PIECE)) {
      if (!isValue(piece)) {
        push(tokens, piece);
        continue;
      }
      // `core.2275` is the word core with a number, not a number.
      const numbered = /^([A-Za-z_]{2,})([.-])[\d.-]+$/.exec(piece);
      if (numbered !== null) {
        push(tokens, numbered[1]!);
        push(tokens, numbered[2]!);
      }
      push(tokens, VALUE);
    }
  }
  return tokens;
}

/** Words with a digit are values, but for those that end in one or two: eth0, IPv6, ssh2 can be either. */
function isValue(piece: string): boolean {
  return piece.includes(VALUE) || (/\d/.test(piece) && !/^[A-Za-z]+\d{1,2}$/.test(piece));
}

function push(tokens: string[], token: string): void {
  if (token === VALUE) {
    const [third, second, last] = [tokens.at(-3), tokens.at(-2), tokens.at(-1)];
    if (last === VALUE) return;
    if (second === VALUE && (last === " " || JOINT.test(last!))) {
      tokens.pop();
      return;
    }
    if (third === VALUE && last === " " && JOINT.test(second!)) {
      tokens.length -= 2;
      return;
    }
  }
  tokens.push(token);
}
