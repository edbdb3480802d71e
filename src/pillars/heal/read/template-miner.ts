import { templateTokens, VALUE } from "./template-tokens.ts";

/**
 * Groups log messages by the statement that printed them, without knowing the system; one configuration for all logs.
 *
 * Messages become tokens with obvious values masked, and equal ones become one *shape*. Shapes are then joined from
 * below where they differ in one column only and that column shows itself to be a value:
 * - it holds many different words (as IPLoM, Makanju et al., KDD 2009, and Brain, Yu et al., TSC 2023, count them);
 * - a shape has an obvious value there;
 * - all its words are known as values after the same word elsewhere ("for user root").
 * The first word says what happened and stays (as in Drain, He et al., ICWS 2017), and so does a column of participles
 * ("VM Started", "VM Paused").
 */
export interface MinedTemplates {
  /** Group of each message, counted from 0, in the order of the messages. */
  readonly groups: readonly number[];
  /** Template of each group, values as `<*>`. */
  readonly templates: readonly string[];
}

/** So many different words in one place are values, not wordings. */
const MANY = 4;
/** Joining one column can let another be seen; logs settle after two or three rounds. */
const ROUNDS = 6;
const SEPARATOR = "\ue001";

interface Shape {
  readonly tokens: readonly string[];
  /** The shape that took this one in. */
  into: Shape | undefined;
}

/** Time and memory grow with the number of different shapes times their length, not with the number of messages. */
export function mineTemplates(messages: readonly string[]): MinedTemplates {
  const shapes = new Map<string, Shape>();
  const shapeOf = messages.map((message) => {
    const tokens = templateTokens(message);
    const key = tokens.join(SEPARATOR);
    const known = shapes.get(key);
    if (known !== undefined) return known;
    const shape: Shape = { tokens, into: undefined };
    shapes.set(key, shape);
    return shape;
  });
  const knownValues = new Map<string, Set<string>>();
  let live: readonly Shape[] = [...shapes.values()];
  for (let round = 0; round < ROUNDS; round++) {
    const joined = joinColumns(live, knownValues);
    live = settled(live);
    if (!joined) break;
  }
  joinWords(live);

  const ids = new Map<Shape, number>();
  const groups = shapeOf.map((shape) => {
    const last = target(shape);
    const known = ids.get(last);
    if (known !== undefined) return known;
    ids.set(last, ids.size);
    return ids.size - 1;
  });
  const templates = [...ids.keys()].map(({ tokens }) => tokens.join("").replaceAll(VALUE, "<*>"));
  return { groups, templates };
}

/** One round over all columns of all shapes, widest columns first. True when any shapes were joined. */
function joinColumns(live: readonly Shape[], knownValues: Map<string, Set<string>>): boolean {
  const columns = new Map<string, { readonly at: number; readonly shapes: Shape[] }>();
  for (const shape of live) {
    const { tokens } = shape;
    const firstWord = tokens.findIndex(isWord);
    for (const [at, token] of tokens.entries()) {
      if (!isWord(token) && token !== VALUE) continue;
      if (at === firstWord && !(isQualifiedName(token) && words(tokens) >= MANY)) continue;
      const key = `${at}${SEPARATOR}${tokens.with(at, "?").join(SEPARATOR)}`;
      const column = columns.get(key);
      if (column === undefined) columns.set(key, { at, shapes: [shape] });
      else column.shapes.push(shape);
    }
  }
  let joined = false;
  const wide = [...columns.values()].filter(({ shapes }) => shapes.length > 1);
  for (const { at, shapes } of wide.sort((a, b) => b.shapes.length - a.shapes.length)) {
    const free = shapes.filter((shape) => shape.into === undefined);
    const [one] = free;
    if (one === undefined || free.length < 2) continue;
    const found = free.map(({ tokens }) => tokens[at]!).filter((token) => token !== VALUE);
    const context = at < 2 ? undefined : one.tokens[at - 2]! + one.tokens[at - 1]!;
    const known = context === undefined ? undefined : knownValues.get(context);
    const obvious = found.length < free.length;
    const many = free.length >= MANY && !found.every((word) => /(?:ed|ing)$/.test(word));
    const elsewhere = known !== undefined && found.every((word) => known.has(word));
    if (!obvious && !many && !elsewhere) continue;
    if (context !== undefined) knownValues.set(context, new Set([...(known ?? []), ...found]));
    const general: Shape = { tokens: one.tokens.with(at, VALUE), into: undefined };
    for (const shape of free) shape.into = general;
    joined = true;
  }
  return joined;
}

/**
 * Joins whole words, up to the next space: where one shape has nothing but a value, what holds a value in the same
 * place of another is a value as a whole (`10.0.0.1,` and `LOCAL(0),`).
 */
function joinWords(live: readonly Shape[]): void {
  const columns = new Map<string, { readonly shape: Shape; readonly bare: boolean }[]>();
  for (const shape of live) {
    const split = shape.tokens.join("").split(" ");
    const texts = words(shape.tokens);
    for (const [at, word] of split.entries()) {
      if (!word.includes(VALUE) || texts - words(word.split(/\b/)) < 1) continue;
      const end = /[,;:.]$/.exec(word)?.[0] ?? "";
      const key = `${at}${SEPARATOR}${split.with(at, `?${end}`).join(" ")}`;
      const entry = { shape, bare: word === VALUE + end };
      const column = columns.get(key);
      if (column === undefined) columns.set(key, [entry]);
      else column.push(entry);
    }
  }
  for (const column of columns.values()) {
    const bare = column.find((entry) => entry.bare);
    if (bare === undefined || column.length < 2) continue;
    const into = target(bare.shape);
    for (const { shape } of column) {
      const last = target(shape);
      if (last !== into) last.into = into;
    }
  }
}

/** What the shapes became; of equal ones, one takes in the others. */
function settled(live: readonly Shape[]): readonly Shape[] {
  const next = new Map<string, Shape>();
  for (const shape of live) {
    const last = target(shape);
    const key = last.tokens.join(SEPARATOR);
    const equal = next.get(key);
    if (equal === undefined) next.set(key, last);
    else if (equal !== last) last.into = equal;
  }
  return [...next.values()];
}

function target(shape: Shape): Shape {
  let last = shape;
  while (last.into !== undefined) last = last.into;
  return last;
}

function isWord(token: string): boolean {
  return token !== VALUE && /^\w/.test(token);
}

function words(tokens: readonly string[]): number {
  return tokens.reduce((count, token) => count + (isWord(token) ? 1 : 0), 0);
}

/** `com.example.part` names something; `start` says something. */
function isQualifiedName(token: string): boolean {
  return token.split(".").length > 2;
}
