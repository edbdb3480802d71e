import { type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

/** `require`, `module.exports` and `__dirname` in a file that Node treats as an ES module. */
export const commonjsInEsm: Fixer = {
  name: "commonjs-in-esm",
  summary: "CommonJS words (`require`, `module.exports`, `__dirname`, `__filename`) in an ES module",
  trust: 0.7,
  async propose(input) {
    const word = /(require|module|exports|__dirname|__filename) is not defined in ES module scope/.exec(
      textOf(input),
    )?.[1];
    const place = await placeOf(input);
    if (word === undefined || !place) return [];
    return proposals(`write ES module syntax for ${word}`, [
      await rewrite(input.tree, place.file, (text) => withExports(withImports(withPaths(text)))),
    ]);
  },
};

function withImports(text: string): string {
  return text
    .replace(
      /^(\s*)(?:const|let|var)\s+(\{[^}\n]*\}|[\p{L}_$][\p{L}\p{N}_$]*)\s*=\s*require\(\s*(["'][^"'\n]+["'])\s*\)/gmu,
      (_, indent, names: string, module) =>
        `${indent}import ${names.replaceAll(/(\w)\s*:\s*/g, "$1 as ")} from ${module}`,
    )
    .replace(/^(\s*)require\(\s*(["'][^"'\n]+["'])\s*\)(?=;?\s*$)/gm, "$1import $2");
}

function withExports(text: string): string {
  return text
    .replace(/^module\.exports\s*=\s*(\{\s*(?:[\p{L}_$][\p{L}\p{N}_$]*\s*,?\s*)*\})(?=;?\s*$)/gmu, "export $1")
    .replace(/^module\.exports\s*=\s*/gm, "export default ")
    .replace(/^(?:module\.)?exports\.([\p{L}_$][\p{L}\p{N}_$]*)\s*=\s*/gmu, "export const $1 = ");
}

function withPaths(text: string): string {
  return text.replace(/\b__dirname\b/g, "import.meta.dirname").replace(/\b__filename\b/g, "import.meta.filename");
}
