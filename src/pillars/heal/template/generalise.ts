import { extname } from "node:path";
import { didYouMean } from "../../../core/suggest.ts";
import type { FileChange } from "../candidate.ts";
import { type LineHunk, lineHunks, linesOf } from "../edit/difference.ts";
import { MANIFEST } from "./dependencies.ts";
import { indentUnit, type LineTokens, levelsBetween, lineTokens } from "./lines.ts";
import type { EditTemplate, Hole, Piece, TemplateHunk } from "./template.ts";
import { type Token, tokenise } from "./tokens.ts";
import { isPublicMethod, isPublicWord, ownNames } from "./vocabulary.ts";

/** What is known where the fix was made. */
export interface Lesson {
  readonly changes: readonly FileChange[];
  readonly captures: Readonly<Record<string, string>>;
  /** Names in scope of each changed file, see scope.ts. */
  readonly scope: (path: string) => readonly string[];
}

export type Generalised =
  | { readonly ok: true; readonly template: EditTemplate }
  | { readonly ok: false; readonly reason: string };

const MAX_LINES = 40;

/**
 * Generalises one successful edit (anti-unification of its two sides: what both share up to names, strings, paths and
 * numbers becomes holes, equal text the same hole). Refuses, with the reason, an edit whose new text can't be derived
 * from the place it is applied to: such a fix belongs to the one product.
 */
export function generalise(lesson: Lesson): Generalised {
  const extensions = new Set(lesson.changes.map((change) => extname(change.path)));
  const [extension] = extensions;
  if (extension === undefined || extensions.size !== 1) return refuse("it touches several kinds of files");
  const own = new Set(lesson.changes.flatMap(({ before }) => [...ownNames(before ?? "", extension)]));
  const isPublic: IsPublic = (word, called) =>
    (isPublicWord(word, extension) && !own.has(word)) || (called === true && isPublicMethod(word, extension));
  const holes = new Holes(lesson.captures, isPublic);
  const hunks = new Map<string, TemplateHunk>();
  const adds = new Set<EditTemplate["adds"][number]>();
  let lines = 0;
  for (const change of lesson.changes) {
    if (change.before === undefined || change.after === undefined) return refuse("it adds or removes a file");
    for (const found of lineHunks(change.before, change.after)) {
      const hunk = withContext(found, change.before);
      lines += hunk.before.length + hunk.after.length;
      if (lines > MAX_LINES) return refuse(`it changes more than ${MAX_LINES} lines`);
      // Two places of one edit share their holes only when they are the same hunk; else each has its own.
      const fork = holes.fork();
      const result = generaliseHunk(hunk, indentUnit(change.before), fork, lesson.scope(change.path));
      if (typeof result === "string") return refuse(result);
      const key = JSON.stringify([result, fork.list().slice(holes.size())]);
      if (hunks.has(normalised(key, holes.size()))) continue;
      hunks.set(normalised(key, holes.size()), result);
      holes.adopt(fork);
    }
    for (const added of addsOf(change)) adds.add(added);
  }
  if (hunks.size === 0) return refuse("it changes nothing");
  return {
    ok: true,
    template: { version: 1, extension, holes: holes.list(), hunks: [...hunks.values()], adds: [...adds] },
  };
}

function refuse(reason: string): Generalised {
  return { ok: false, reason };
}

/** Hole numbers relative to the first of the hunk, so that equal hunks have equal keys. */
function normalised(key: string, base: number): string {
  return key.replace(/"(hole|to)":(\d+)/g, (_, name, number) => `"${name}":${Number(number) - base}`);
}

type OpenHunk = Pick<LineHunk, "before" | "after"> & { readonly insert?: "imports" | "top" };

const IMPORT_LINE = /^\s*(?:import\b|from\s+\S+\s+import\b|use\s|#\s*include\b|(?:const|let|var)\s.*\brequire\()/;

/** A pure insertion has to be anchored: among the imports, at the top, or at a neighbouring line. */
function withContext(hunk: LineHunk, before: string): OpenHunk {
  if (hunk.before.length > 0) return hunk;
  if (hunk.after.every((line) => line.trim() === "" || IMPORT_LINE.test(line))) return { ...hunk, insert: "imports" };
  if (hunk.beforeStart === 0) return { ...hunk, insert: "top" };
  const lines = linesOf(before);
  const following = lines[hunk.beforeStart];
  if (following !== undefined && following.trim() !== "") {
    return { before: [following], after: [...hunk.after, following] };
  }
  const preceding = lines[hunk.beforeStart - 1] ?? "";
  return { before: [preceding], after: [preceding, ...hunk.after] };
}

function generaliseHunk(hunk: OpenHunk, unit: string, holes: Holes, scope: readonly string[]): TemplateHunk | string {
  const before = hunk.before.map(lineTokens);
  const after = hunk.after.map(lineTokens);
  if (JSON.stringify(before.map(bare)) === JSON.stringify(after.map(bare))) return "it changes only white space";
  const base = before[0]?.indent ?? after[0]?.indent ?? "";
  const beforePieces = joinLines(before, base, unit, (token, called) => holes.match(token, called));
  const seen = new Set(before.flatMap((line) => line.tokens.map((token) => token.text)));
  let underivable: string | undefined;
  const afterPieces = joinLines(after, base, unit, (token, called) => {
    const pieces = holes.derive(token, called, scope, seen);
    if (!pieces) underivable = token.text;
    return pieces ?? [];
  });
  if (underivable !== undefined) return "its new text can't be derived from the place where it is applied";
  if (!hunk.insert && !beforePieces.some((piece) => "text" in piece)) return "nothing of the old lines is general";
  return { before: beforePieces, after: afterPieces, ...(hunk.insert ? { insert: hunk.insert } : {}) };
}

function bare(line: LineTokens): string {
  return line.tokens
    .filter((token) => token.kind !== "space")
    .map((token) => token.text)
    .join(" ");
}

function joinLines(
  lines: readonly LineTokens[],
  base: string,
  unit: string,
  pieceOf: (token: Token, called: boolean) => readonly Piece[],
): Piece[] {
  return lines.flatMap((line, index): Piece[] => [
    ...(index === 0 && line.indent === base
      ? []
      : [{ line: true as const, indent: levelsBetween(base, line.indent, unit) }]),
    ...line.tokens.flatMap((token, at) =>
      pieceOf(token, line.tokens[at - 1]?.text === "." && line.tokens[at + 1]?.text === "("),
    ),
  ]);
}

/** @param called it is a method that is called: `.word(` */
type IsPublic = (word: string, called?: boolean) => boolean;

/** The holes of a template while it is made. */
class Holes {
  readonly #captures: Readonly<Record<string, string>>;
  readonly #isPublic: IsPublic;
  readonly #start: number;
  #holes: Hole[];
  readonly #byText = new Map<string, number>();

  constructor(captures: Readonly<Record<string, string>>, isPublic: IsPublic, holes: readonly Hole[] = []) {
    this.#captures = captures;
    this.#isPublic = isPublic;
    this.#holes = [...holes];
    this.#start = holes.length;
  }

  fork(): Holes {
    return new Holes(this.#captures, this.#isPublic, this.#holes);
  }

  adopt(own: Holes): void {
    this.#holes = own.list();
  }

  size(): number {
    return this.#holes.length;
  }

  list(): Hole[] {
    return [...this.#holes];
  }

  /** The piece of a token on an old line. */
  match(token: Token, called: boolean): readonly Piece[] {
    const fixed = literal(token, called, this.#isPublic);
    if (fixed) return [fixed];
    const known = this.#byText.get(keyOf(token));
    if (known !== undefined) return [{ hole: known }];
    const equals = Object.keys(this.#captures).find((name) => this.#captures[name] === token.text);
    return [this.#add(token, { kind: "match", ...(equals !== undefined && token.kind !== "quote" ? { equals } : {}) })];
  }

  /** The pieces that make a token of a new line; undefined when the old lines and the failure don't determine it. */
  derive(
    token: Token,
    called: boolean,
    scope: readonly string[],
    seen: ReadonlySet<string>,
  ): readonly Piece[] | undefined {
    const known = this.#byText.get(keyOf(token));
    if (known !== undefined) return [{ hole: known }];
    // A word that the failure names comes from the failure, even when it is a public one: `import math` for `math`.
    const capture = Object.keys(this.#captures).find((name) => this.#captures[name] === token.text);
    if (capture !== undefined && token.kind === "identifier" && !seen.has(token.text)) {
      return [this.#add(token, { kind: "capture", name: capture })];
    }
    const fixed = literal(token, called, this.#isPublic);
    if (fixed) return [fixed];
    if (token.kind === "quote") return [{ text: token.text }];
    if (token.kind === "identifier") {
      const meant = [...this.#byText].find(
        ([key]) => key.startsWith("identifier:") && nearest(key.slice(11), scope, seen) === token.text,
      );
      return meant ? [this.#add(token, { kind: "nearest", to: meant[1] })] : undefined;
    }
    if (token.kind === "string" || token.kind === "path") return this.#extended(token);
    return undefined;
  }

  /** A string that is a hole's text with something general in front or behind: `./money` → `./money.js`. */
  #extended(token: Token): readonly Piece[] | undefined {
    for (const [key, hole] of this.#byText) {
      const kind = this.#holes[hole]?.type;
      if (kind !== "string" && kind !== "path" && kind !== "identifier") continue;
      const text = key.slice(key.indexOf(":") + 1);
      const at = token.text.indexOf(text);
      if (at < 0 || text.length < 2) continue;
      const around = [token.text.slice(0, at), token.text.slice(at + text.length)] as const;
      if (!around.every((part) => isGeneral(part, this.#isPublic))) continue;
      return [...pieceOfText(around[0]), { hole }, ...pieceOfText(around[1])];
    }
    return undefined;
  }

  #add(token: Token, from: Hole["from"]): Piece {
    const index = this.#holes.length;
    this.#holes.push({ type: token.kind as Hole["type"], from });
    this.#byText.set(keyOf(token), index);
    if (index < this.#start) throw new Error("holes only grow");
    return { hole: index };
  }
}

/** The name that `word` is a misspelling of; the words of the old lines themselves do not count. */
export function nearest(word: string, scope: readonly string[], seen: ReadonlySet<string>): string | undefined {
  return didYouMean(
    word,
    scope.filter((name) => !seen.has(name)),
  );
}

function keyOf(token: Token): string {
  return `${token.kind === "path" ? "string" : token.kind}:${token.text}`;
}

function literal(token: Token, called: boolean, isPublic: IsPublic): Piece | undefined {
  if (token.kind === "space") return { space: true };
  if (token.kind === "other") return { text: token.text };
  if (token.kind === "number") return /^[01]$/.test(token.text) ? { text: token.text } : undefined;
  if (token.kind === "quote") return undefined;
  // `./util` names a file of the product, `fs/promises` one of the language.
  const general =
    token.kind === "path"
      ? !token.text.startsWith(".") && isGeneral(token.text, isPublic)
      : isPublic(token.text, called);
  return general ? { text: token.text } : undefined;
}

function isGeneral(text: string, isPublic: IsPublic): boolean {
  return tokenise(text).every(
    ({ kind, text: part }) =>
      kind === "other" ||
      ((kind === "identifier" || kind === "path") &&
        part.split(/[^\p{L}\p{N}_$]+/u).every((word) => word === "" || isPublic(word))),
  );
}

function pieceOfText(text: string): Piece[] {
  return text === "" ? [] : [{ text }];
}

const URL_TEXT = /\bhttps?:\/\//;
const STARTS_COMMAND =
  /\b(?:child_process|subprocess|os\.system|execSync|spawnSync?|Runtime\.getRuntime|os\/exec|Command::new)\b/;

/** What an edit brings in that a person should hear of first. */
export function addsOf(change: FileChange): EditTemplate["adds"] {
  const after = lineHunks(change.before ?? "", change.after ?? "").flatMap((hunk) => hunk.after);
  const text = after.join("\n");
  return [
    ...(MANIFEST.test(change.path) && text !== "" ? (["dependency"] as const) : []),
    ...(URL_TEXT.test(text) ? (["url"] as const) : []),
    ...(STARTS_COMMAND.test(text) ? (["command"] as const) : []),
  ];
}
