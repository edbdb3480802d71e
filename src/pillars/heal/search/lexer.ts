/** A token of source text with its place; comments and white space are left out. */
export interface SourceToken {
  readonly kind: "name" | "number" | "string" | "operator";
  readonly text: string;
  /** Offset of its first character. */
  readonly at: number;
  /** From 1. */
  readonly line: number;
}

export type Language = "javascript" | "python" | "go" | "rust" | "java";

/** The languages whose compiler refuses an edit that does not fit before any test runs. */
export function isCompiled(language: Language): language is "go" | "rust" | "java" {
  return language === "go" || language === "rust" || language === "java";
}

/** The language that the search knows for a path; undefined for others. */
export function languageOf(path: string): Language | undefined {
  if (/\.[cm]?[jt]sx?$/.test(path) && !/\.d\.[cm]?ts$/.test(path)) return "javascript";
  const extension = /\.(py|go|rs|java)$/.exec(path)?.[1];
  return extension === undefined ? undefined : BY_EXTENSION[extension as keyof typeof BY_EXTENSION];
}

const BY_EXTENSION = { py: "python", go: "go", rs: "rust", java: "java" } as const;

const NAME = String.raw`(?<name>[\p{L}_$][\p{L}\p{N}_$]*)`;
const NUMBER = String.raw`(?<number>\d[\w.]*)`;
/** `0..n` is a range of two numbers. */
const PLAIN_NUMBER = String.raw`(?<number>\d[\w]*(?:\.\d\w*)?)`;
const CURLY_SKIP = String.raw`(?<skip>\s+|//[^\n]*|/\*[\s\S]*?\*/)`;
const LEXERS: Readonly<Record<Language, RegExp>> = {
  javascript: new RegExp(
    [
      CURLY_SKIP,
      String.raw`(?<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|${"`"}(?:\\[\s\S]|[^${"`"}\\])*${"`"})`,
      NAME,
      NUMBER,
      String.raw`(?<operator>===|!==|\*\*=?|=>|==|!=|<=|>=|&&=?|\|\|=?|\?\?=?|\?\.|\.\.\.|\+\+|--|[-+*/%]=|[\s\S])`,
    ].join("|"),
    "uy",
  ),
  python: new RegExp(
    [
      String.raw`(?<skip>\s+|#[^\n]*)`,
      String.raw`(?<string>[rbfuRBFU]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))`,
      NAME,
      NUMBER,
      String.raw`(?<operator>==|!=|<=|>=|//=?|\*\*=?|->|:=|[-+*/%]=|[\s\S])`,
    ].join("|"),
    "uy",
  ),
  go: new RegExp(
    [
      CURLY_SKIP,
      String.raw`(?<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|${"`"}[^${"`"}]*${"`"})`,
      NAME,
      PLAIN_NUMBER,
      String.raw`(?<operator>\.\.\.|:=|==|!=|<=|>=|<-|&&|\|\||<<|>>|&\^|\+\+|--|[-+*/%&|^]=|[\s\S])`,
    ].join("|"),
    "uy",
  ),
  rust: new RegExp(
    [
      CURLY_SKIP,
      // A lifetime is no character: it has no closing quote.
      String.raw`(?<string>b?r(?<hashes>#*)"[\s\S]*?"\k<hashes>|b?"(?:\\[\s\S]|[^"\\])*"|b?'(?:\\[^'\n]+|\\'|[^'\\\n])'|'\w+)`,
      NAME,
      PLAIN_NUMBER,
      String.raw`(?<operator>\.\.=|\.\.|::|=>|->|==|!=|<=|>=|&&|\|\||<<|>>|[-+*/%&|^]=|[\s\S])`,
    ].join("|"),
    "uy",
  ),
  java: new RegExp(
    [
      CURLY_SKIP,
      String.raw`(?<string>"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')`,
      NAME,
      PLAIN_NUMBER,
      String.raw`(?<operator>->|::|==|!=|<=|>=|&&|\|\||\+\+|--|[-+*/%&|^]=|[\s\S])`,
    ].join("|"),
    "uy",
  ),
};

const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const BEFORE_EXPRESSION = /^(?:[([{,;=:!&|?+\-*%<>]|=>|&&|\|\||\?\?|===?|!==?|return|typeof|case|in|of)$/;

/** Cuts a source into tokens. Text inside strings, template literals, regular expressions and comments is one token or none. */
export function lex(text: string, language: Language): SourceToken[] {
  const tokens: SourceToken[] = [];
  const pattern = LEXERS[language];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const groups = match?.groups ?? {};
    let found = match?.[0] ?? text.charAt(at);
    let kind = (["name", "number", "string", "operator"] as const).find((name) => groups[name] !== undefined);
    if (language === "javascript" && found === "/" && BEFORE_EXPRESSION.test(tokens.at(-1)?.text ?? "(")) {
      REGULAR_EXPRESSION.lastIndex = at;
      const literal = REGULAR_EXPRESSION.exec(text)?.[0];
      if (literal !== undefined) [found, kind] = [literal, "string"];
    }
    if (kind !== undefined) tokens.push({ kind, text: found, at, line });
    for (const character of found) if (character === "\n") line++;
    at += found.length;
  }
  return tokens;
}
