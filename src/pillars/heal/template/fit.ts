import type { EditTemplate, Hole, Piece } from "./template.ts";
import type { Token } from "./tokens.ts";

/** What the holes of a template stand for at one place, by their number. */
export type Bound = ReadonlyMap<number, string>;

export interface FitOptions {
  /** What the log's reader captured here: some holes have to be equal to it. */
  readonly captures: Readonly<Record<string, string>>;
  /** A name may also be a longer expression: `this.votes` or `box.get("votes")` where `votes` was learned. */
  readonly chains: boolean;
}

export interface Fit {
  /** Index of the token after each piece. */
  readonly ends: readonly number[];
  readonly bound: Bound;
}

/**
 * Fits pieces of one line to its tokens from `at` on, all pieces in order; a hole that is bound already has to have the
 * same text again. Chains are tried longest first.
 * @param toEnd the last piece has to end where the tokens do
 */
export function fitPieces(
  template: EditTemplate,
  pieces: readonly Piece[],
  tokens: readonly Token[],
  at: number,
  bound: Bound,
  options: FitOptions,
  toEnd = false,
): Fit | undefined {
  const [piece, ...rest] = pieces;
  if (piece === undefined) return toEnd && at !== tokens.length ? undefined : { ends: [], bound };
  const token = tokens[at];
  if (token === undefined) return undefined;
  const go = (end: number, next: Bound): Fit | undefined => {
    const found = fitPieces(template, rest, tokens, end, next, options, toEnd);
    return found === undefined ? undefined : { ends: [end, ...found.ends], bound: found.bound };
  };
  if ("text" in piece) return piece.text === token.text ? go(at + 1, bound) : undefined;
  if ("space" in piece) return token.kind === "space" ? go(at + 1, bound) : undefined;
  if ("line" in piece) return undefined;
  const hole = template.holes[piece.hole];
  if (hole === undefined || hole.from.kind !== "match") return undefined;
  for (const end of endsOf(hole, tokens, at, options.chains)) {
    const text = tokens
      .slice(at, end)
      .map((one) => one.text)
      .join("");
    const known = bound.get(piece.hole);
    if (known !== undefined && known !== text) continue;
    if (!agrees(hole.from.equals, text, options.captures)) continue;
    const found = go(end, known === undefined ? new Map(bound).set(piece.hole, text) : bound);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where a hole's text may end, longest first: one token of its kind, or a chain of members, calls and indices. */
function endsOf(hole: Hole, tokens: readonly Token[], at: number, chains: boolean): readonly number[] {
  const token = tokens[at]!;
  if (hole.type !== token.kind && !(hole.type === "string" && token.kind === "path")) return [];
  const ends = [at + 1];
  if (!chains || token.kind !== "identifier" || tokens[at - 1]?.text === ".") return ends;
  for (let end = nextLink(tokens, at + 1); end !== undefined; end = nextLink(tokens, end)) ends.push(end);
  return ends.reverse();
}

/** After `.member`, `(…)` or `[…]` at a token; undefined where none begins there. */
function nextLink(tokens: readonly Token[], at: number): number | undefined {
  const first = tokens[at]?.text;
  if (first === ".") return tokens[at + 1]?.kind === "identifier" ? at + 2 : undefined;
  if (first !== "(" && first !== "[") return undefined;
  let depth = 0;
  for (let index = at; index < tokens.length; index++) {
    const { kind, text } = tokens[index]!;
    if (kind !== "other") continue;
    if (text === "(" || text === "[") depth++;
    else if ((text === ")" || text === "]") && --depth === 0) return index + 1;
  }
  return undefined;
}

/** The capture names the chain or its last member. */
function agrees(name: string | undefined, text: string, captures: FitOptions["captures"]): boolean {
  if (name === undefined) return true;
  const wanted = captures[name];
  return wanted === text || (wanted !== undefined && text.endsWith(`.${wanted}`));
}
