import { ParseError, parseTOML } from "toml-eslint-parser";
import type { Tree } from "../../tree.ts";
import { type Fixer, proposals, rewrite, textOf } from "../fixer.ts";

const FAULT =
  /TOMLDecodeError|TomlDecodeError|TOML parse error|invalid TOML|Invalid TOML|invalid basic string|invalid unquoted|expected `=`|key with no value|string values must be quoted|--> \S+\.toml:\d+|Error parsing \S*toml|missing (?:opening|closing) quote|could not parse input as TOML/;
const MOST_FILES = 100;

export const tomlSyntax: Fixer = {
  name: "toml-syntax",
  summary: "a slip in a TOML file: `:` for `=`, a value or a string without its quotes, True for true",
  trust: 0.9,
  async propose(input) {
    if (!FAULT.test(textOf(input))) return [];
    const { tree } = input;
    const proposed = [];
    for (const file of (await tree.paths()).filter((path) => path.endsWith(".toml")).slice(0, MOST_FILES)) {
      for (const mended of mendings(await textAt(tree, file))) {
        proposed.push(...proposals(`write ${file} as valid TOML`, [await rewrite(tree, file, () => mended)]));
      }
    }
    return proposed;
  },
};

async function textAt(tree: Tree, path: string): Promise<string> {
  return (await tree.read(path)) ?? "";
}

const KEY = String.raw`^(\s*(?:[\w-]+|"[^"]*")(?:\.[\w-]+)*)\s*`;

/** What a line may have been meant as. */
const MENDS: readonly ((line: string) => string)[] = [
  (line) => line.replace(new RegExp(`${KEY}:\\s*(?=\\S)`), "$1 = "),
  (line) =>
    line.replace(
      new RegExp(`${KEY}=\\s*(True|False)\\s*$`),
      (_all, key: string, word: string) => `${key} = ${word.toLowerCase()}`,
    ),
  (line) => line.replace(new RegExp(`${KEY}=\\s*"([^"]*?)\\s*$`), '$1 = "$2"'),
  (line) => line.replace(new RegExp(`${KEY}=\\s*'([^']*?)\\s*$`), "$1 = '$2'"),
  (line) => line.replace(new RegExp(`${KEY}=\\s*([^\\s"'\\[{#][^"'#]*?)\\s*$`), '$1 = "$2"'),
  (line) =>
    line.replace(/^\s*(\[+[\w."-]+)\s*$/, (all, header: string) =>
      all.replace(header, header + "]".repeat(/^\[+/.exec(header)?.[0].length ?? 1)),
    ),
];

/** The texts that parse after one line was mended where the parser stops, or the line before; the likeliest first. */
function mendings(source: string): readonly string[] {
  const at = faultOf(source);
  if (at === undefined) return [];
  const lines = source.split("\n");
  const found = new Set<string>();
  for (const number of [at, at - 1]) {
    const line = lines[number - 1];
    if (line === undefined) continue;
    for (const mend of MENDS) {
      const mended = lines.with(number - 1, mend(line)).join("\n");
      if (mended !== source && faultOf(mended) === undefined) found.add(mended);
    }
  }
  return [...found];
}

/** The line (from 1) where the parser stops; undefined for a text that is TOML. */
function faultOf(text: string): number | undefined {
  try {
    parseTOML(text);
    return undefined;
  } catch (error) {
    if (error instanceof ParseError) return error.lineNumber;
    throw error;
  }
}
