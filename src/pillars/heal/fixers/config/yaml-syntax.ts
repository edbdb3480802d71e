import { parseAllDocuments } from "yaml";
import type { Tree } from "../../tree.ts";
import { type Fixer, type FixerInput, proposals, rewrite, textOf } from "../fixer.ts";

const FAULT =
  /YAML(?:Exception|ParseError|SyntaxError)|yaml\.(?:scanner|parser|reader|composer)\.\w*Error|\byaml: (?:line \d+|unmarshal)|YAML parsing failed|(?:error|problem)[^\n]{0,40}\bYAML\b|bad indentation of|did not find expected|mapping values are not allowed|cannot start any token|Nested mappings are not allowed|Implicit keys need to be|could not find expected ':'|while scanning a|syntax error: (?:mapping|could|expected)/i;
const FILE = /\.ya?ml$/;
const MOST_FILES = 400;

export const yamlSyntax: Fixer = {
  name: "yaml-syntax",
  summary: "a slip in a YAML file: a tab, a colon without its blank, an indentation off its block, an open quote",
  trust: 0.9,
  async propose(input) {
    if (!FAULT.test(textOf(input))) return [];
    const proposed = [];
    for (const file of await brokenFiles(input)) {
      const source = (await input.tree.read(file)) ?? "";
      for (const mended of mendings(source)) {
        proposed.push(...proposals(`write ${file} as valid YAML`, [await rewrite(input.tree, file, () => mended)]));
      }
    }
    return proposed;
  },
};

/** The files that the message names, else all that do not parse. */
async function brokenFiles(input: FixerInput): Promise<readonly string[]> {
  const { tree } = input;
  const named = new Set<string>();
  for (const [, path = ""] of textOf(input).matchAll(/([\w@./-]+\.ya?ml)\b/g)) {
    const file = await tree.locate(path);
    if (file !== undefined && (await isBroken(tree, file))) named.add(file);
  }
  if (named.size > 0) return [...named];
  const files = (await tree.paths()).filter((path) => FILE.test(path));
  if (files.length > MOST_FILES) return [];
  const broken = await Promise.all(files.map((path) => isBroken(tree, path)));
  return files.filter((_path, index) => broken[index]);
}

async function isBroken(tree: Tree, path: string): Promise<boolean> {
  const text = await tree.read(path);
  return text !== undefined && errorLines(text).length > 0;
}

/** The lines (from 1) of what the parser takes offence at. */
function errorLines(text: string): readonly number[] {
  const errors = parseAllDocuments(text, { uniqueKeys: false }).flatMap((document) => document.errors ?? []);
  return errors.map((error) => text.slice(0, error.pos[0]).split("\n").length);
}

type Mend = (lines: readonly string[], at: number) => readonly string[];

/** Slips of one line (index from 0), each with the lines that it may have been meant as. */
const MENDS: readonly Mend[] = [
  (lines, at) => {
    const line = lines[at] ?? "";
    return /^(\s*(?:- +)*[\w.-]+):(?=[^\s/:])/.test(line) ? [line.replace(/^(\s*(?:- +)*[\w.-]+):(?=\S)/, "$1: ")] : [];
  },
  (lines, at) => {
    const line = lines[at] ?? "";
    const value = /^(\s*(?:- +)*(?:[\w.-]+:\s+|- +))(["'])(?!.*\2\s*$)(.*?)\s*$/.exec(line);
    return value ? [`${value[1]}${value[2]}${value[3]}${value[2]}`] : [];
  },
  (lines, at) => {
    const line = lines[at] ?? "";
    const value = /^(\s*(?:- +)*[\w.-]+:\s+)([^"'[{|>&*!#\s][^#]*?: [^#]*?)\s*$/.exec(line);
    return value ? [`${value[1]}"${(value[2] ?? "").replaceAll('"', '\\"')}"`] : [];
  },
  (lines, at) => {
    const line = lines[at] ?? "";
    const own = line.length - line.trimStart().length;
    const levels = new Set<number>();
    for (let before = at - 1; before >= 0 && levels.size < 3; before--) {
      const text = lines[before] ?? "";
      if (text.trim() === "" || text.trimStart().startsWith("#")) continue;
      levels.add(text.length - text.trimStart().length);
      // The entry of a list begins behind its dash.
      if (/^\s*- /.test(text)) levels.add(text.search(/[^\s-]/));
    }
    return [...levels]
      .filter((level) => level !== own)
      .sort((a, b) => Math.abs(a - own) - Math.abs(b - own))
      .map((level) => " ".repeat(level) + line.trimStart());
  },
];

const NEAR = 2;
const MOST_MENDINGS = 3;

/** Texts that parse: tabs of indentation as blanks, else one line near the fault mended; the likeliest first. */
function mendings(source: string): readonly string[] {
  const untabbed = source.replace(/^[ ]*\t[ \t]*/gm, (indent) => indent.replaceAll("\t", "  "));
  if (untabbed !== source && errorLines(untabbed).length === 0) return [untabbed];
  const lines = source.split("\n");
  const found = new Set<string>();
  const places = new Set<number>();
  for (const line of errorLines(source)) {
    for (let away = 0; away <= NEAR; away++) for (const at of [line - 1 - away, line - 1 + away]) places.add(at);
  }
  for (const mend of MENDS) {
    for (const at of places) {
      if (lines[at] === undefined) continue;
      for (const line of mend(lines, at)) {
        const mended = lines.with(at, line).join("\n");
        if (errorLines(mended).length === 0) found.add(mended);
      }
    }
  }
  return [...found].slice(0, MOST_MENDINGS);
}
