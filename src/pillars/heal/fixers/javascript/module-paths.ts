import { posix } from "node:path";
import type { Tree } from "../../tree.ts";
import { type FixerInput, placeOf, textOf } from "../fixer.ts";

/** A relative import that leads nowhere: who imports, what it says, and where that would be. */
export interface BrokenImport {
  readonly importer: string;
  readonly specifier: string;
  /** The path it leads to, relative to the root, without any extension added. */
  readonly target: string;
}

const NODE_ESM = /Cannot find module '([^']+)' imported from '?([^\s']+)/;
const NODE_DIRECTORY = /Directory import '([^']+)' is not supported resolving ES modules imported from ([^\s']+)/;
const NODE_CJS = /Cannot find module '(\.{1,2}\/[^']+)'\s*\n?(?:[^\n]*\n)*?Require stack:\s*\n\s*- ([^\n]+)/;
const TSC = /Cannot find module '(\.{1,2}\/[^']+)' or its corresponding type declarations/;
const TSC_EXTENSION = /Relative import paths need explicit file extensions[^\n]*/;
const BUNDLER =
  /(?:Could not resolve|Failed to resolve import|Could not resolve import) "(\.{1,2}\/[^"]+)"(?: from "([^"]+)")?/;

/** Reads a broken relative import from the words of node, tsc, esbuild, vite and rollup. */
export async function brokenImport(input: FixerInput): Promise<BrokenImport | undefined> {
  const text = textOf(input);
  const { tree } = input;
  const esm = NODE_ESM.exec(text) ?? NODE_DIRECTORY.exec(text);
  if (esm?.[1] && esm[2]) {
    const importer = await tree.locate(esm[2].replace(/[,.]$/, ""));
    return importer === undefined ? undefined : specifierTo(tree, importer, esm[1]);
  }
  const cjs = NODE_CJS.exec(text);
  if (cjs?.[1] && cjs[2]) {
    const importer = await tree.locate(cjs[2].trim());
    return importer === undefined ? undefined : withTarget(importer, cjs[1]);
  }
  const place = await placeOf(input);
  const bundler = BUNDLER.exec(text);
  if (bundler?.[1]) {
    const importer = bundler[2] ? await tree.locate(bundler[2]) : place?.file;
    return importer === undefined ? undefined : withTarget(importer, bundler[1]);
  }
  if (place === undefined) return undefined;
  const tsc = TSC.exec(text);
  if (tsc?.[1]) return withTarget(place.file, tsc[1]);
  if (TSC_EXTENSION.test(text)) {
    const line = (await tree.read(place.file))?.split("\n")[place.line - 1] ?? "";
    const specifier = /["'](\.{1,2}\/[^"']+)["']/.exec(line)?.[1];
    return specifier === undefined ? undefined : withTarget(place.file, specifier);
  }
  return undefined;
}

function withTarget(importer: string, specifier: string): BrokenImport {
  return { importer, specifier, target: posix.normalize(posix.join(posix.dirname(importer), specifier)) };
}

/** Node tells the resolved path; the specifier is the one in the importer that ends like it. */
async function specifierTo(tree: Tree, importer: string, resolved: string): Promise<BrokenImport | undefined> {
  const text = (await tree.read(importer)) ?? "";
  const wanted = resolved.replaceAll("\\", "/").replace(/^file:\/\//, "");
  for (const [, specifier = ""] of text.matchAll(/["'](\.{1,2}\/[^"'\n]+)["']/g)) {
    const broken = withTarget(importer, specifier);
    if (wanted === broken.target || wanted.endsWith(`/${broken.target}`)) return broken;
  }
  return undefined;
}

/** Replaces one specifier in a source text. */
export function withSpecifier(text: string, from: string, to: string): string {
  return text.replaceAll(`"${from}"`, `"${to}"`).replaceAll(`'${from}'`, `'${to}'`);
}

/** A specifier to a file, relative to the importer, beginning with a dot. */
export function specifierFor(importer: string, file: string): string {
  const relative = posix.relative(posix.dirname(importer), file);
  return relative.startsWith(".") ? relative : `./${relative}`;
}
