import { distance } from "fastest-levenshtein";
import { isCompiled, type Language, languageOf, lex, type SourceToken } from "./lexer.ts";
import { namesAround } from "./names.ts";
import { BOUNDARIES, type MutationOperator, PAIRS, SWAPS } from "./operators.ts";

/** One small edit of one line. */
export interface Mutation {
  /** Offsets in the text: what lies between them is replaced. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly line: number;
  readonly operator: MutationOperator;
  /** In the imperative, as a commit says it: "compare with <= instead of <". */
  readonly summary: string;
}

interface Context {
  readonly text: string;
  readonly language: Language;
  readonly tokens: readonly SourceToken[];
}

/**
 * All mutations of some lines of a source, in the order of lines and places; none for a language that is not known. What
 * they do to the program is unknown: each has to be run.
 */
export function mutationsOf(path: string, text: string, lines: ReadonlySet<number>): Mutation[] {
  const language = languageOf(path);
  if (!language) return [];
  const tokens = lex(text, language);
  const context: Context = { text, language, tokens };
  const found: Mutation[] = [];
  for (const [index, token] of tokens.entries()) {
    if (!lines.has(token.line)) continue;
    found.push(...swapped(context, index, token), ...constants(context, index, token), ...calls(context, index, token));
    found.push(
      ...negations(context, index, token),
      ...variables(context, index, token),
      ...elements(context, index, token),
      ...uncalled(context, index, token),
      ...exits(context, index, token),
      ...nulls(context, index, token),
    );
  }
  for (const line of lines) found.push(...missingReturn(context, line));
  return distinct(found.filter(({ from, to, text: now }) => text.slice(from, to) !== now));
}

/** The text with a mutation made. */
export function mutate(text: string, mutation: Mutation): string {
  return text.slice(0, mutation.from) + mutation.text + text.slice(mutation.to);
}

function distinct(mutations: readonly Mutation[]): Mutation[] {
  const seen = new Set<string>();
  return mutations.filter(({ from, to, text }) => {
    const key = `${from} ${to} ${text}`;
    return !seen.has(key) && seen.add(key);
  });
}

function replacing(token: SourceToken, text: string, operator: MutationOperator, summary: string): Mutation {
  return { from: token.at, to: token.at + token.text.length, text, line: token.line, operator, summary };
}

function swapped({ language, tokens, text }: Context, index: number, token: SourceToken): Mutation[] {
  if (token.kind === "string" || token.kind === "number") return [];
  const before = tokens[index - 1];
  const boundary = token.kind === "operator" ? BOUNDARIES[token.text] : undefined;
  // A type's angle brackets stand close to what they enclose.
  const generic = /^[<>]/.test(token.text) && language !== "python" && text.charAt(token.at - 1) !== " ";
  if (boundary && !generic) {
    return boundary.map((to, place) =>
      replacing(token, to, place === 0 ? "boundary" : "comparison", `compare with ${to} instead of ${token.text}`),
    );
  }
  const swaps = SWAPS[language];
  // A word such as `constructor` is a property of every object.
  const swap = Object.hasOwn(swaps, token.text) ? swaps[token.text] : undefined;
  if (!swap || before?.text === ".") return [];
  if (isCompiled(language) && pointer(text, token)) return [];
  const unary =
    ["+", "-"].includes(token.text) && (!before || (before.kind === "operator" && !/^[)\]]$/.test(before.text)));
  if (unary) {
    return [{ ...replacing(token, "", "arithmetic", `take away the sign ${token.text}`) }];
  }
  return swap[1].map((to) => replacing(token, to, swap[0], `use ${to} instead of ${token.text}`));
}

/** `*` and `&` of a pointer's type or of an address stand close to what follows, and not to what precedes. */
function pointer(text: string, token: SourceToken): boolean {
  const end = token.at + token.text.length;
  return /^[*&]$/.test(token.text) && /[\s(,[&*]/.test(text.charAt(token.at - 1)) && !/\s/.test(text.charAt(end));
}

function constants({ tokens, text }: Context, index: number, token: SourceToken): Mutation[] {
  if (token.kind !== "number" || !/^\d{1,9}$/.test(token.text)) return [];
  const value = Number(token.text);
  const before = tokens[index - 1];
  const added = before !== undefined && /^[-+]$/.test(before.text);
  const found = [value + 1, value - 1]
    // Nobody writes `n - 0`: that mutation takes the sign away as well.
    .filter((other) => other > 0 || (other === 0 && !added))
    .map((other) => replacing(token, String(other), "constant", `use ${other} instead of ${value}`));
  if (value === 1 && added) {
    // `n - 1` for `n`, and the blank before the sign.
    const from = text.charAt(before.at - 1) === " " ? before.at - 1 : before.at;
    const summary = `take away ${before.text} 1`;
    found.push({ from, to: token.at + 1, text: "", line: token.line, operator: "bound", summary });
  }
  return found;
}

function calls(context: Context, index: number, token: SourceToken): Mutation[] {
  const { tokens, text, language } = context;
  if (token.kind !== "name") return [];
  const next = tokens[index + 1];
  const pair = PAIRS.find((names) => names.includes(token.text));
  const found: Mutation[] = [];
  if (pair && (next?.text === "(" || tokens[index - 1]?.text === ".")) {
    for (const other of pair.filter((name) => name !== token.text)) {
      found.push(replacing(token, other, "method", `use ${other} instead of ${token.text}`));
    }
  }
  if (token.text === "length" && tokens[index - 1]?.text === "." && next?.text !== "(") {
    found.push(replacing(token, "length - 1", "bound", "end one earlier"));
  }
  if (next?.text !== "(" || /^(?:if|for|while|switch|match|catch|function|func|fn|def|class|return)$/.test(token.text))
    return found;
  const close = closing(tokens, index + 1);
  if (close === undefined) return found;
  const last = tokens[close] as SourceToken;
  const lengths = /^(?:python|go)$/.test(language) ? /^len$/ : /^(?:len|size|length)$/;
  if (language !== "javascript" && lengths.test(token.text)) {
    const at = last.at + 1;
    found.push({ from: at, to: at, text: " - 1", line: token.line, operator: "bound", summary: "end one earlier" });
  }
  if (language === "python" && token.text === "range") {
    found.push({
      from: last.at,
      to: last.at,
      text: " + 1",
      line: token.line,
      operator: "bound",
      summary: "end one later",
    });
  }
  const defined = ["function", "def", "func", "fn"].includes(tokens[index - 1]?.text ?? "");
  const parts = defined ? [] : argumentsOf(context, index + 1, close);
  found.push(...swaps(text, parts, token.line, `swap the arguments of ${token.text}`));
  const start = startOfCall(tokens, index);
  const before = tokens[start - 1]?.text ?? "";
  if (!isCompiled(language) && !defined && before !== "await" && before !== "new" && /\basync\b/.test(text)) {
    const at = (tokens[start] as SourceToken).at;
    const summary = `await ${token.text}`;
    found.push({ from: at, to: at, text: "await ", line: token.line, operator: "await", summary });
  }
  return found;
}

/** The first token of `a.b.c(`. */
function startOfCall(tokens: readonly SourceToken[], index: number): number {
  let start = index;
  while (/^\??\.$/.test(tokens[start - 1]?.text ?? "") && tokens[start - 2]?.kind === "name") start -= 2;
  return start;
}

const OPENING = /^[([{]$/;
const CLOSING = /^[)\]}]$/;

function closing(tokens: readonly SourceToken[], open: number): number | undefined {
  let depth = 0;
  for (let index = open; index < tokens.length && index < open + 400; index++) {
    const text = tokens[index]?.text ?? "";
    if (OPENING.test(text)) depth++;
    if (CLOSING.test(text) && --depth === 0) return index;
  }
  return undefined;
}

interface Part {
  readonly from: number;
  readonly to: number;
}

function argumentsOf({ tokens }: Context, open: number, close: number): Part[] {
  const parts: Part[] = [];
  let depth = 0;
  let first = open + 1;
  for (let index = open + 1; index <= close; index++) {
    const { text } = tokens[index] as SourceToken;
    if ((text === "," && depth === 0) || index === close) {
      const [start, end] = [tokens[first], tokens[index - 1]];
      if (start && end && first < index) parts.push({ from: start.at, to: end.at + end.text.length });
      first = index + 1;
    }
    if (OPENING.test(text)) depth++;
    if (CLOSING.test(text)) depth--;
  }
  return parts;
}

/** Each part with the next one, of the first five. */
function swaps(text: string, parts: readonly Part[], line: number, summary: string): Mutation[] {
  return parts.slice(0, 4).flatMap((one, at) => {
    const two = parts[at + 1];
    if (two === undefined) return [];
    const swappedText = text.slice(two.from, two.to) + text.slice(one.to, two.from) + text.slice(one.from, one.to);
    return [{ from: one.from, to: two.to, text: swappedText, line, operator: "arguments", summary }];
  });
}

/** Elements of a tuple or list in the wrong order. */
function elements(context: Context, index: number, token: SourceToken): Mutation[] {
  const { tokens, text } = context;
  const before = tokens[index - 1];
  // Behind a name or a closing bracket it is a call, a parameter list or an index.
  if (!/^[([]$/.test(token.text) || !before || /^[)\]]$/.test(before.text)) return [];
  if (before.kind === "name" && !/^(?:return|yield|in|of|and|or|not|case|else)$/.test(before.text)) return [];
  const close = closing(tokens, index);
  if (close === undefined || tokens[close + 1]?.text === "=>") return [];
  return swaps(text, argumentsOf(context, index, close), token.line, "swap the elements");
}

/** A method named where its answer is meant: `if (order.isOpen)`. */
function uncalled({ tokens, language }: Context, index: number, token: SourceToken): Mutation[] {
  // A compiler has said so already.
  if (isCompiled(language) || token.kind !== "name" || tokens[index - 1]?.text !== ".") return [];
  const next = tokens[index + 1]?.text ?? "";
  const ends = language === "python" ? /^(?::|and|or|\))$/ : /^(?:\)|&&|\|\||;|\?)$/;
  if (!ends.test(next)) return [];
  const at = token.at + token.text.length;
  return [{ from: at, to: at, text: "()", line: token.line, operator: "call", summary: `call ${token.text}` }];
}

/** A `break` or `continue` that ends a loop too early. */
function exits({ tokens, language }: Context, index: number, token: SourceToken): Mutation[] {
  if (!/^(?:break|continue)$/.test(token.text) || tokens[index - 1]?.text === ".") return [];
  const last = language !== "python" && tokens[index + 1]?.text === ";" ? tokens[index + 1] : token;
  const to = (last?.at ?? token.at) + (last?.text.length ?? 0);
  const text = language === "python" ? "pass" : "";
  return [{ from: token.at, to, text, line: token.line, operator: "exit", summary: `go on instead of ${token.text}` }];
}

function negations({ tokens, language, text }: Context, index: number, token: SourceToken): Mutation[] {
  const next = tokens[index + 1];
  const { line } = token;
  if (language !== "python") {
    // A macro's name ends with it.
    if (token.text === "!" && language === "rust" && /\w/.test(text.charAt(token.at - 1))) return [];
    if (token.text === "!" && next) {
      return [{ ...replacing(token, "", "negation", "take away the negation") }];
    }
    if (/^(?:if|while)$/.test(token.text) && next?.text === "(") {
      const close = closing(tokens, index + 1);
      const end = close === undefined ? undefined : tokens[close];
      if (!end) return [];
      if (turnsByItself(tokens.slice(index + 2, close), /^(?:[<>]=?|[!=]==?|!)$/)) return [];
      const inner = text.slice(next.at, end.at + 1);
      return [
        {
          from: next.at,
          to: end.at + 1,
          text: `(!${inner})`,
          line,
          operator: "negation",
          summary: "negate the condition",
        },
      ];
    }
    if (/^(?:go|rust)$/.test(language) && token.text === "if" && next) return bareCondition(tokens, index, text);
    return [];
  }
  if (token.text === "not" && next && next.text !== "in") {
    return [{ from: token.at, to: next.at, text: "", line, operator: "negation", summary: "take away the negation" }];
  }
  if (token.text === "not" && next?.text === "in") {
    return [{ from: token.at, to: next.at, text: "", line, operator: "negation", summary: "look whether it is in" }];
  }
  if (token.text === "is" && next) {
    const negated =
      next.text === "not" ? { to: (tokens[index + 2] ?? next).at, text: "is " } : { to: next.at, text: "is not " };
    return [{ from: token.at, ...negated, line, operator: "negation", summary: "turn the identity test round" }];
  }
  if (/^(?:if|while|elif)$/.test(token.text) && next && next.text !== "not") {
    const colon = tokens.slice(index + 1).find((one) => one.text === ":" && one.line === line);
    if (!colon) return [];
    if (turnsByItself(tokens.slice(index + 1, tokens.indexOf(colon)), /^(?:[<>]=?|[!=]=|is|not|in)$/)) return [];
    const condition = text.slice(next.at, colon.at);
    return [
      {
        from: next.at,
        to: colon.at,
        text: `not (${condition})`,
        line,
        operator: "negation",
        summary: "negate the condition",
      },
    ];
  }
  return [];
}

/** `if done {` of Go and Rust, without brackets around; what declares a name in its condition is left alone. */
function bareCondition(tokens: readonly SourceToken[], index: number, text: string): Mutation[] {
  const { line } = tokens[index] as SourceToken;
  const open = tokens.findIndex((one, at) => at > index && one.text === "{");
  const condition = tokens.slice(index + 1, open);
  const [first, brace] = [condition[0], tokens[open]];
  if (!first || brace?.line !== line || condition.some((one) => /^(?:let|:=|;)$/.test(one.text))) return [];
  if (turnsByItself(condition, /^(?:[<>]=?|[!=]=|!)$/)) return [];
  const last = condition.at(-1) ?? first;
  const to = last.at + last.text.length;
  const negated = condition.length === 1 ? `!${first.text}` : `!(${text.slice(first.at, to)})`;
  return [{ from: first.at, to, text: negated, line, operator: "negation", summary: "negate the condition" }];
}

/** A single comparison has a mutation that reads better than a negation around it. */
function turnsByItself(condition: readonly SourceToken[], comparison: RegExp): boolean {
  return (
    condition.some(({ text }) => comparison.test(text)) &&
    !condition.some(({ text }) => /^(?:&&|\|\||and|or)$/.test(text))
  );
}

/** Other names that could stand in a name's place, most alike first; more would drown what is likelier. */
const MOST_NAMES = 5;
/** Where each edit costs a compiler's run, and most other names do not fit. */
const MOST_NAMES_COMPILED = 2;

function variables(context: Context, index: number, token: SourceToken): Mutation[] {
  const others = namesAround(context.tokens, index, context.language);
  return [...others]
    .sort((a, b) => distance(a, token.text) - distance(b, token.text) || a.localeCompare(b))
    .slice(0, isCompiled(context.language) ? MOST_NAMES_COMPILED : MOST_NAMES)
    .map((name) => replacing(token, name, "variable", `use ${name} instead of ${token.text}`));
}

function nulls({ tokens, language, text }: Context, index: number, token: SourceToken): Mutation[] {
  const next = tokens[index + 1];
  const { line } = token;
  if (isCompiled(language)) return [];
  if (language === "javascript") {
    if (token.text === "." && tokens[index - 1] && /^(?:name)$/.test(tokens[index - 1]?.kind ?? "")) {
      if (/^(?:this|super|Math|Object|JSON|console|process)$/.test(tokens[index - 1]?.text ?? "")) return [];
      return [replacing(token, "?.", "null", `let ${tokens[index - 1]?.text} be absent`)];
    }
    if (token.text === "/" && next?.kind === "name" && tokens[index + 3]?.text === "length") {
      const end = tokens[index + 3] as SourceToken;
      const divisor = text.slice(next.at, end.at + end.text.length);
      const to = end.at + end.text.length;
      return [
        { from: next.at, to, text: `(${divisor} || 1)`, line, operator: "null", summary: "divide by one for none" },
      ];
    }
    return [];
  }
  if (
    token.text === "[" &&
    next?.kind === "string" &&
    tokens[index + 2]?.text === "]" &&
    tokens[index - 1]?.kind === "name"
  ) {
    const to = (tokens[index + 2] as SourceToken).at + 1;
    return [
      { from: token.at, to, text: `.get(${next.text})`, line, operator: "null", summary: `let ${next.text} be absent` },
    ];
  }
  if (token.text === "if" && next?.kind === "name" && tokens[index + 2]?.text === ":") {
    const at = next.at + next.text.length;
    return [
      {
        from: at,
        to: at,
        text: " is not None",
        line,
        operator: "null",
        summary: `only leave out ${next.text} when it is None`,
      },
    ];
  }
  return [];
}

const NOT_RETURNED =
  /^(?:return|if|for|while|else|elif|const|let|var|throw|raise|function|class|def|try|except|finally|catch|switch|case|break|continue|import|export|from|with|async|yield|pass|del|assert|do|\}|\)|\]|@|#|\/\/|\*|\/\*)/;

/** `return` before the last statement of a block where that is an expression. */
function missingReturn({ text, language }: Context, line: number): Mutation[] {
  if (isCompiled(language)) return [];
  const lines = text.split("\n");
  const own = lines[line - 1] ?? "";
  const code = own.trim();
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const summary = "return the value";
  const arrow = language === "javascript" ? /=>\s*\{\s*(?!return\b)(?=[\w(!])/.exec(own) : null;
  if (arrow && /\}\)?;?$/.test(code)) {
    const inside = start + arrow.index + arrow[0].length;
    return [{ from: inside, to: inside, text: "return ", line, operator: "return", summary }];
  }
  if (code === "" || NOT_RETURNED.test(code)) return [];
  const indent = own.length - own.trimStart().length;
  const following = lines.slice(line).find((one) => one.trim() !== "") ?? "";
  const ends =
    language === "javascript"
      ? /^\s*\}/.test(following)
      : indent > 0 && following.length - following.trimStart().length < indent;
  const at = start + indent;
  if (ends && !/[{(,[:]$/.test(code)) {
    const assigned = /^[\w.]+ = (?!=)/.exec(code);
    const to = assigned && language === "python" ? at + assigned[0].length : at;
    return [{ from: at, to, text: "return ", line, operator: "return", summary }];
  }
  return [];
}
