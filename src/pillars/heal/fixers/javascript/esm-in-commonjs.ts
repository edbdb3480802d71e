import { type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

/** `import` in a package that does not say that it is made of ES modules. */
export const esmInCommonjs: Fixer = {
  name: "esm-in-commonjs",
  summary: 'an ES module in a package whose manifest lacks `"type": "module"`',
  trust: 0.7,
  async propose(input) {
    if (!/Cannot use import statement outside a module|Unexpected token 'export'/.test(textOf(input))) return [];
    const place = await placeOf(input);
    const { tree } = input;
    if (!place?.file.endsWith(".js")) return [];
    const folders = place.file.split("/").slice(0, -1);
    for (let depth = folders.length; depth >= 0; depth--) {
      const folder = folders.slice(0, depth).join("/");
      const manifest = folder === "" ? "package.json" : `${folder}/package.json`;
      if ((await tree.read(manifest)) === undefined) continue;
      const scripts = (await tree.paths()).filter((path) => path.endsWith(".js") && path.startsWith(folder));
      for (const path of scripts) {
        // A package with both kinds has to be sorted out by a person.
        if (/\brequire\(|\bmodule\.exports\b/.test((await tree.read(path)) ?? "")) return [];
      }
      const change = await rewrite(tree, manifest, (text) => {
        const indent = /^\{\s*\n([ \t]+)"/.exec(text)?.[1];
        if (/"type"\s*:/.test(text)) return text.replace(/"type"\s*:\s*"commonjs"/, '"type": "module"');
        return indent === undefined
          ? text.replace(/^\{\s*/, '{ "type": "module", ').replace(/, \}/, " }")
          : text.replace(/^\{\s*\n/, `{\n${indent}"type": "module",\n`);
      });
      return proposals("say that the package is made of ES modules", [change]);
    }
    return [];
  },
};
