import { isCompiled, type Language, type SourceToken } from "./lexer.ts";

const KEYWORDS = new Set(
  "abstract and any as assert async await bigint boolean break case catch class const continue debugger def default del delete do elif else enum except export extends False false finally for from function get global if implements import in instanceof interface is keyof lambda let new None nonlocal not null number object of or pass private protected public raise readonly return self set static string super switch symbol this throw True true try type typeof undefined unknown var void while with yield never".split(
    " ",
  ),
);

/** Words of Go, Rust and Java beside those. */
const COMPILED_KEYWORDS = new Set(
  "boolean bool byte chan char crate defer double dyn enum err error extern final float float32 float64 fmt fn func go goto i8 i16 i32 i64 impl int int8 int16 int32 int64 loop long make map match mod move mut new nil Option package pub range ref Result Self short Some None Ok Err str String struct synchronized throws trait u8 u16 u32 u64 uint unsafe use usize Vec where".split(
    " ",
  ),
);

interface Role {
  readonly property: boolean;
  readonly called: boolean;
}

/**
 * Names that could stand where one stands: those used in the same role (variable, property, called function, called
 * method) in the same function, of the whole file for properties and functions. There are no types here: a compiler or
 * the test refuses what does not fit.
 */
export function namesAround(tokens: readonly SourceToken[], index: number, language: Language): ReadonlySet<string> {
  const own = tokens[index];
  const words = isCompiled(language) ? new Set([...KEYWORDS, ...COMPILED_KEYWORDS]) : KEYWORDS;
  if (own?.kind !== "name" || words.has(own.text) || isDeclared(tokens, index)) return new Set();
  const role = roleOf(tokens, index);
  const [from, to] = role.property || role.called ? [0, tokens.length] : functionAround(tokens, index, language);
  const names = new Set<string>();
  for (let at = from; at < to; at++) {
    const token = tokens[at];
    if (token?.kind !== "name" || words.has(token.text) || token.text === own.text) continue;
    const other = roleOf(tokens, at);
    if (other.property === role.property && other.called === role.called && !isType(token.text, own.text)) {
      names.add(token.text);
    }
  }
  return names;
}

function roleOf(tokens: readonly SourceToken[], index: number): Role {
  return {
    property: /^\??\.$/.test(tokens[index - 1]?.text ?? ""),
    called: tokens[index + 1]?.text === "(",
  };
}

/** A capital first letter is a class's or a constant's: neither stands for a variable. */
function isType(other: string, own: string): boolean {
  return /^[A-Z]/.test(other) !== /^[A-Z]/.test(own);
}

function isDeclared(tokens: readonly SourceToken[], index: number): boolean {
  const before = tokens[index - 1]?.text ?? "";
  const after = tokens[index + 1]?.text ?? "";
  return (
    /^(?:const|let|var|function|func|fn|def|class|import|interface|type|enum|struct|mut|package|use|::)$/.test(
      before,
    ) || /^(?:=>|:=|::)$/.test(after)
  );
}

/** First and one past the last token of the function that a token is in; the whole file outside of functions. */
function functionAround(tokens: readonly SourceToken[], index: number, language: Language): readonly [number, number] {
  if (language === "python") return pythonFunction(tokens, index);
  return isCompiled(language) ? compiledFunction(tokens, index, language) : bracedFunction(tokens, index);
}

function pythonFunction(tokens: readonly SourceToken[], index: number): readonly [number, number] {
  let from = index;
  while (from > 0 && tokens[from]?.text !== "def") from--;
  if (tokens[from]?.text !== "def") return [0, tokens.length];
  let to = index;
  while (to < tokens.length && !/^(?:def|class)$/.test(tokens[to]?.text ?? "")) to++;
  return [from, to];
}

/** From the word that begins a function of Go, Rust or Java to the next one. */
function compiledFunction(
  tokens: readonly SourceToken[],
  index: number,
  language: Language,
): readonly [number, number] {
  const word = language === "java" ? /^(?:public|private|protected)$/ : /^(?:func|fn)$/;
  const begins = (at: number) => word.test(tokens[at]?.text ?? "");
  let from = index;
  while (from > 0 && !begins(from)) from--;
  let to = index + 1;
  while (to < tokens.length && !begins(to)) to++;
  return [from, to];
}

function bracedFunction(tokens: readonly SourceToken[], index: number): readonly [number, number] {
  // The outermost block that is not a class's: a name may come from any function around.
  const open: number[] = [];
  for (let at = 0; at < index; at++) {
    if (tokens[at]?.text === "{") open.push(at);
    if (tokens[at]?.text === "}") open.pop();
  }
  const block = open.find((at) => /^(?:\)|=>)$/.test(tokens[at - 1]?.text ?? "")) ?? open.at(-1);
  if (block === undefined) return [0, tokens.length];
  let from = block;
  while (from > 0 && !/^[;}]$/.test(tokens[from - 1]?.text ?? "")) from--;
  let depth = 0;
  for (let to = block; to < tokens.length; to++) {
    if (tokens[to]?.text === "{") depth++;
    if (tokens[to]?.text === "}" && --depth === 0) return [from, to];
  }
  return [from, tokens.length];
}
