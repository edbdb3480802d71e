import { isTestPath } from "../guard.ts";
import type { BuildFailure } from "../read/report.ts";
import type { Tree } from "../tree.ts";
import { type Language, languageOf, lex, type SourceToken } from "./lexer.ts";

/** A line of a function that the failed test may have called, and over how many calls. */
export interface ReachedLine {
  readonly path: string;
  readonly line: number;
  /** 1 for what the test itself calls. */
  readonly depth: number;
}

const DEEPEST = 3;
/** Sources that are looked through; a larger repository is not worth the time. */
const MOST_FILES = 500;
/** A name that more functions than this have says nothing. */
const MOST_NAMESAKES = 3;

interface Definition {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly calls: ReadonlySet<string>;
}

/**
 * Where to look when nothing measured what ran: the functions that the failed test's source calls by name, and what
 * those call. By names alone, without types: a rank, which the tests have to confirm.
 */
export async function reachedFromTest(failure: BuildFailure, tree: Tree): Promise<readonly ReachedLine[]> {
  const named = failure.captures.test_file ?? failure.place?.file;
  const located = named === undefined ? undefined : await tree.locate(named);
  const title = failure.test
    ?.split(/ > | › |::|\.|\//)
    .at(-1)
    ?.replace(/\(.*$/, "")
    .trim();
  const file = located !== undefined && isTestPath(located) ? located : await fileOfTest(title, tree);
  const language = file === undefined ? undefined : languageOf(file);
  if (file === undefined || language === undefined) return [];
  const text = (await tree.read(file)) ?? "";
  const definitions = await definitionsOf(tree, language);
  const reached = new Map<string, ReachedLine>();
  let names = callsIn(bodyOf(text, title, language));
  for (let depth = 1; depth <= DEEPEST && names.size > 0; depth++) {
    const next = new Set<string>();
    for (const name of names) {
      const found = definitions.get(name) ?? [];
      if (found.length > MOST_NAMESAKES) continue;
      for (const { path, from, to, calls } of found) {
        for (let line = from; line <= to; line++) {
          const key = `${path}:${line}`;
          if (!reached.has(key)) reached.set(key, { path, line, depth });
        }
        for (const call of calls) next.add(call);
      }
      definitions.delete(name);
    }
    names = next;
  }
  return [...reached.values()];
}

async function fileOfTest(title: string | undefined, tree: Tree): Promise<string | undefined> {
  if (title === undefined || title.length < 3) return undefined;
  for (const path of (await tree.paths()).filter((one) => languageOf(one) !== undefined).slice(0, MOST_FILES)) {
    const text = (await tree.read(path)) ?? "";
    if (text.includes(title) && (isTestPath(path) || /#\[(?:\w+::)?test\]/.test(text))) return path;
  }
  return undefined;
}

/** The tokens from the test's title to the next test; all of the file where the title is not in it. */
function bodyOf(text: string, title: string | undefined, language: Language): readonly SourceToken[] {
  const tokens = lex(text, language);
  const at = title ? tokens.findIndex((token) => token.text === title || token.text.slice(1, -1) === title) : -1;
  if (at < 0) return tokens;
  const begins = /^(?:it|test|func|fn|def|void)$/;
  const end = tokens.findIndex((token, index) => index > at + 1 && begins.test(token.text));
  return tokens.slice(at + 1, end < 0 ? undefined : end);
}

function callsIn(tokens: readonly SourceToken[]): Set<string> {
  return new Set(
    tokens.flatMap((token, index) => (token.kind === "name" && tokens[index + 1]?.text === "(" ? [token.text] : [])),
  );
}

async function definitionsOf(tree: Tree, language: Language): Promise<Map<string, Definition[]>> {
  const all = new Map<string, Definition[]>();
  const paths = (await tree.paths()).filter((path) => languageOf(path) === language && !isTestPath(path));
  for (const path of paths.slice(0, MOST_FILES)) {
    const tokens = lex((await tree.read(path)) ?? "", language);
    const starts = tokens.flatMap((_, index) => (defines(tokens, index, language) ? [index] : []));
    for (const [place, index] of starts.entries()) {
      const token = tokens[index] as SourceToken;
      const next = starts[place + 1];
      const before = next === undefined ? Number.POSITIVE_INFINITY : (tokens[next]?.line ?? 0);
      // The words that the next definition begins with stand on its line: `pub fn`, `private static`.
      const body = tokens.slice(index + 1, next).filter(({ line }) => line < before || line === token.line);
      const known = all.get(token.text) ?? [];
      all.set(token.text, known);
      known.push({ path, from: token.line, to: body.at(-1)?.line ?? token.line, calls: callsIn(body) });
    }
  }
  return all;
}

/** Whether a token is the name of a function or method where it is defined. */
function defines(tokens: readonly SourceToken[], index: number, language: Language): boolean {
  const token = tokens[index];
  if (token?.kind !== "name") return false;
  const before = tokens[index - 1];
  const after = tokens[index + 1]?.text ?? "";
  if (/^(?:function|def|fn|func)$/.test(before?.text ?? "")) return true;
  if (language === "go") return before?.text === ")" && after === "(" && startsReceiver(tokens, index);
  if (language === "java") {
    // A type stands before a method's name, and no word that begins an expression.
    return (
      after === "(" &&
      (before?.kind === "name" || before?.text === ">") &&
      !/^(?:return|new|else|throw)$/.test(before.text)
    );
  }
  if (language !== "javascript") return false;
  const assigned = /^(?:const|let)$/.test(before?.text ?? "") && after === "=";
  const arrow =
    assigned && tokens.slice(index + 2, index + 40).some((one) => one.line === token.line && one.text === "=>");
  const method = after === "(" && (before === undefined || /^(?:\}|\{|;|async|static|get|set)$/.test(before.text));
  return arrow || (method && !/^(?:if|for|while|switch|catch|return|function|super|constructor)$/.test(token.text));
}

/** `func (t Tariff) Price(`: the name behind a receiver. */
function startsReceiver(tokens: readonly SourceToken[], index: number): boolean {
  let at = index - 1;
  while (at > 0 && index - at < 12 && tokens[at]?.text !== "(") at--;
  return tokens[at - 1]?.text === "func";
}
