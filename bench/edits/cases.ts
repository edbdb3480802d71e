import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { glob } from "tinyglobby";

export interface EditCase {
  readonly original: string;
  readonly search: string;
  readonly replace: string;
  /** The right text; null where nothing may be changed. */
  readonly expected: string | null;
  readonly kind?: string;
}

type Random = () => number;

/** Deterministic and good enough for picking (mulberry32). */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** What goes wrong when a model copies code: applied to the search alone, or to the search and what it left alone. */
const NOISES: Readonly<Record<string, (lines: readonly string[], random: Random) => readonly string[] | undefined>> = {
  exact: (lines) => lines,
  trailing_space: (lines, random) =>
    lines.map((line) => (random() < 0.5 ? `${line}${pick(random, [" ", "  ", "\t"])}` : line)),
  blank_line_added: (lines, random) => {
    const at = 1 + Math.floor(random() * (lines.length - 1));
    return lines.length < 2 ? undefined : [...lines.slice(0, at), "", ...lines.slice(at)];
  },
  blank_line_lost: (lines) =>
    lines.slice(1, -1).includes("")
      ? lines.filter((line, at) => line !== "" || at === 0 || at === lines.length - 1)
      : undefined,
  indent_lost: (lines) => {
    const width = Math.min(
      ...lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length),
    );
    return width === 0 ? undefined : lines.map((line) => line.slice(width));
  },
  indent_added: (lines, random) => {
    const by = " ".repeat(pick(random, [1, 2, 4]));
    return lines.map((line) => (line === "" ? line : by + line));
  },
  indent_tabs: (lines) => {
    if (!lines.some((line) => /^ {2}/.test(line)) || lines.some((line) => / {2}\* |^ +\*/.test(line))) return undefined;
    return lines.map((line) => line.replace(/^(?: {2})+/, (indent) => "\t".repeat(indent.length / 2)));
  },
  indent_wider: (lines) => {
    if (!lines.some((line) => /^ {2}/.test(line))) return undefined;
    return lines.map((line) => line.replace(/^ +/, (indent) => indent + indent));
  },
  quotes: (lines) => {
    const changed = lines.map((line) =>
      /["'].*["']/.test(line) && !/"[^"]*'|'[^']*"/.test(line)
        ? line.replaceAll(/["']/g, (quote) => (quote === '"' ? "'" : '"'))
        : line,
    );
    return changed.join() === lines.join() ? undefined : changed;
  },
  typo: (lines, random) => {
    const at = Math.floor(random() * lines.length);
    const line = lines[at] ?? "";
    const letters = [...line.matchAll(/[A-Za-z]/g)].map((match) => match.index);
    if (letters.length < 6) return undefined;
    const where = pick(random, letters);
    const slip = pick(random, ["drop", "double", "change", "swap"] as const);
    const [a, b, c] = [line.slice(0, where), line.charAt(where), line.slice(where + 1)];
    const made = {
      drop: a + c,
      double: a + b + b + c,
      change: a + (b === "e" ? "a" : "e") + c,
      swap: c === "" || /\s/.test(c.charAt(0)) || c.charAt(0) === b ? a + c : a + c.charAt(0) + b + c.slice(1),
    }[slip];
    return lines.map((old, index) => (index === at ? made : old));
  },
};

type Change = (lines: readonly string[], random: Random) => readonly string[] | undefined;

/** What the edit means to do, written in the original's own way. */
const CHANGES: Readonly<Record<string, Change>> = {
  rename(lines, random) {
    const names = [...new Set(lines.join("\n").match(/\b[a-z]\w{3,}\b/g) ?? [])];
    if (names.length === 0) return undefined;
    const name = pick(random, names);
    return lines.map((line) => line.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${name}Next`));
  },
  insert(lines, random) {
    const at = 1 + Math.floor(random() * lines.length);
    const before = lines[at - 1] ?? "";
    if (before.trim() === "") return undefined;
    const indent = /^\s*/.exec(before)?.[0] ?? "";
    return [...lines.slice(0, at), `${indent}inserted(${Math.floor(random() * 100)});`, ...lines.slice(at)];
  },
  remove(lines, random) {
    if (lines.length < 3) return undefined;
    const at = 1 + Math.floor(random() * (lines.length - 2));
    return (lines[at] ?? "").trim() === "" ? undefined : lines.filter((_, index) => index !== at);
  },
  append(lines, random) {
    const at = Math.floor(random() * lines.length);
    return (lines[at] ?? "").trim() === ""
      ? undefined
      : lines.map((line, index) => (index === at ? `${line} // checked` : line));
  },
};

/** Cases from this repository's own sources; equal seeds give equal cases as long as the sources stay. */
export async function makeCases(seed: number, count: number): Promise<EditCase[]> {
  const root = join(import.meta.dirname, "..", "..");
  const paths = (await glob(["src/**/*.ts", "test/**/*.ts", "vars/*.groovy", "docs/**/*.md"], { cwd: root })).sort();
  const sources = (await Promise.all(paths.map((path) => readFile(join(root, path), "utf8")))).filter(
    (text) => text.split("\n").length > 25 && text.length < 40_000,
  );
  const random = randomFrom(seed);
  const cases: EditCase[] = [];
  const kinds = Object.keys(NOISES)
    .flatMap((noise) => [`${noise}`, `${noise}_both`])
    .concat("ambiguous");
  for (let tries = 0; cases.length < count && tries < count * 50; tries++) {
    const original = pick(random, sources);
    const kind = pick(random, kinds);
    const made = kind === "ambiguous" ? ambiguousCase(original, random) : editCase(original, kind, random);
    if (made) cases.push({ ...made, kind });
  }
  return cases;
}

function block(original: string, random: Random): { from: number; lines: string[]; all: string[] } | undefined {
  const all = original.replace(/\n$/, "").split("\n");
  const size = 1 + Math.floor(random() * 8);
  const from = Math.floor(random() * (all.length - size));
  const lines = all.slice(from, from + size);
  if ((lines[0] ?? "").trim() === "" || (lines.at(-1) ?? "").trim() === "") return undefined;
  return { from, lines, all };
}

/** The block with white space, quotes and blank lines taken out: what has to be unique for a case to have an answer. */
function skeleton(lines: readonly string[]): string {
  return lines
    .map((line) => line.replaceAll(/[\s"'`]/g, ""))
    .filter((line) => line !== "")
    .join("\n");
}

function editCase(original: string, kind: string, random: Random): EditCase | undefined {
  const picked = block(original, random);
  if (!picked) return undefined;
  const { from, lines, all } = picked;
  const own = skeleton(lines);
  const others = `\n${skeleton(all)}\n`.split(`\n${own}\n`).length - 1;
  if (own.length < 12 || others !== 1) return undefined;
  const both = kind.endsWith("_both");
  const noise = NOISES[kind.replace(/_both$/, "")];
  const change = pick(random, Object.values(CHANGES));
  const changed = change(lines, random);
  const searched = noise?.(lines, random);
  if (!changed || !searched || (kind !== "exact" && kind !== "exact_both" && searched.join("\n") === lines.join("\n")))
    return undefined;
  const written = both ? carryOver(lines, searched, changed, kind) : changed;
  if (!written) return undefined;
  const expected = [...all.slice(0, from), ...changed, ...all.slice(from + lines.length)].join("\n");
  const end = original.endsWith("\n") ? "\n" : "";
  return { original, search: searched.join("\n"), replace: written.join("\n"), expected: expected + end };
}

/** The replacement with the same noise as the search on the lines that the edit leaves alone. */
function carryOver(
  lines: readonly string[],
  searched: readonly string[],
  changed: readonly string[],
  kind: string,
): readonly string[] | undefined {
  // White space and quotes are a way of writing, so new lines have it too; a slip or a blank line is copied as it is.
  if (/^(?:indent|quotes)/.test(kind)) {
    const noise = NOISES[kind.replace(/_both$/, "")];
    const first = lines.find((line, index) => line.trim() !== "" && searched[index] !== line);
    const again = noise?.(changed, () => 0.5);
    if (first === undefined || !again || kind.startsWith("indent_added")) {
      const index = lines.findIndex((line) => line.trim() !== "");
      const by = (searched[index] ?? "").length - (lines[index] ?? "").length;
      return kind.startsWith("indent_added")
        ? changed.map((line) => (line === "" ? line : " ".repeat(by) + line))
        : undefined;
    }
    return again;
  }
  if (searched.length !== lines.length) return undefined;
  const noisy = new Map(lines.map((line, index) => [line, searched[index] ?? line]));
  return changed.map((line) => noisy.get(line) ?? line);
}

/** A block that stands in the file twice, or no longer stands in it: nothing may be changed. */
function ambiguousCase(original: string, random: Random): EditCase | undefined {
  const picked = block(original, random);
  if (!picked || skeleton(picked.lines).length < 12) return undefined;
  const { lines, all } = picked;
  if (random() < 0.5) {
    const twice = [...all, ...lines].join("\n");
    return { original: `${twice}\n`, search: lines.join("\n"), replace: "changed();", expected: null };
  }
  const other = lines.map((line) => line.replaceAll(/[A-Za-z]{3,}/g, (word) => [...word].reverse().join("")));
  if (skeleton(other) === skeleton(lines) || `\n${skeleton(all)}\n`.includes(`\n${skeleton(other)}\n`))
    return undefined;
  return { original, search: other.join("\n"), replace: "changed();", expected: null };
}
