/** What a token of source text is, as far as templates care; the same for all languages. */
export type TokenKind = "identifier" | "number" | "string" | "path" | "quote" | "space" | "newline" | "other";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const PATTERN =
  /(?<newline>\r?\n)|(?<space>[ \t]+)|(?<quoted>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\\n])*`)|(?<identifier>[\p{L}_$][\p{L}\p{N}_$]*)|(?<number>\d[\p{L}\p{N}_.]*)|(?<other>[\s\S])/gu;

/** Cuts text into tokens; joined again they give the same text. A string literal is quote, content, quote. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(PATTERN)) {
    const groups = match.groups as Record<string, string | undefined>;
    if (groups.quoted !== undefined) {
      const quote = groups.quoted.slice(0, 1);
      const content = groups.quoted.slice(1, -1);
      tokens.push({ kind: "quote", text: quote });
      if (content !== "") tokens.push({ kind: contentKind(content), text: content });
      tokens.push({ kind: "quote", text: quote });
      continue;
    }
    const kind = (["newline", "space", "identifier", "number", "other"] as const).find(
      (name) => groups[name] !== undefined,
    );
    tokens.push({ kind: kind ?? "other", text: match[0] });
  }
  return tokens;
}

function contentKind(content: string): "path" | "string" {
  return /^(?:\.{0,2}\/|@?[\w.-]+\/)[^\s]*$/.test(content) || /^[\w-]+\.[a-z]{1,5}$/i.test(content) ? "path" : "string";
}
