import { posix } from "node:path";
import { didYouMean } from "../../../../core/suggest.ts";
import { editLine, type Fixer, type FixerInput, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";

const UNDECLARED =
  /could not find `(\w+)` in the crate root|use of (?:unresolved|undeclared) (?:module or unlinked crate|crate or module|module) `(\w+)`|cannot find module or crate `(\w+)`|unresolved import `crate::(\w+)|no `(\w+)` in the root|maybe a missing crate `(\w+)`/;
const NO_FILE = /file not found for module `(\w+)`/;

/** The folder of the crate's sources that a file belongs to, and its root file; for `src/a/b.rs` that is `src`. */
async function crateRoot({ tree }: FixerInput, file: string): Promise<string | undefined> {
  const paths = await tree.paths();
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    const prefix = folder === "." ? "" : `${folder}/`;
    const roots = [file, `${prefix}lib.rs`, `${prefix}main.rs`].filter(
      (path) => /(?:^|\/)(?:lib|main)\.rs$/.test(path) && paths.includes(path),
    );
    if (roots[0] !== undefined) return roots[0];
    if (folder === ".") return undefined;
  }
}

/** The library's root of the workspace's crate that Rust knows by a name. */
async function libraryOf({ tree }: FixerInput, crate: string): Promise<string | undefined> {
  const named = new RegExp(`^name\\s*=\\s*"${crate.replaceAll("_", "[-_]")}"`, "m");
  for (const path of (await tree.paths()).filter((one) => posix.basename(one) === "Cargo.toml")) {
    const root = posix.join(posix.dirname(path), "src/lib.rs");
    if (named.test((await tree.read(path)) ?? "") && (await tree.paths()).includes(root)) return root;
  }
  return undefined;
}

export const missingRustMod: Fixer = {
  name: "missing-rust-mod",
  summary: "a Rust source without its `mod`, or a `mod` or `use` of a misspelt module",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    if (!place?.file.endsWith(".rs")) return [];
    const paths = await input.tree.paths();
    const lost = NO_FILE.exec(text)?.[1];
    if (lost !== undefined) {
      const folder = posix.dirname(place.file);
      const siblings = paths.flatMap((path) => {
        const own = posix.relative(folder, path);
        return /^\w+(?:\.rs|\/mod\.rs)$/.test(own) && path !== place.file ? [own.replace(/(?:\/mod)?\.rs$/, "")] : [];
      });
      const meant = didYouMean(lost, siblings);
      if (meant === undefined) return [];
      return proposals(`declare the module ${meant}`, [
        await rewrite(input.tree, place.file, (source) => source.replace(wholeWord(lost), meant)),
      ]);
    }
    const name = UNDECLARED.exec(text)
      ?.slice(1)
      .find((group) => group !== undefined);
    const other = /unresolved imports? `(?!crate::|self::|super::)(\w+)::\w+`/.exec(text)?.[1];
    const root = (other && (await libraryOf(input, other))) ?? (await crateRoot(input, place.file));
    if (name === undefined || root === undefined) return [];
    const folder = posix.dirname(root);
    const files = [`${name}.rs`, `${name}/mod.rs`].map((one) => posix.join(folder, one));
    if (!files.some((file) => paths.includes(file))) {
      const declared = [...((await input.tree.read(root)) ?? "").matchAll(/\bmod (\w+)\s*[;{]/g)].map(
        ([, own = ""]) => own,
      );
      const meant = didYouMean(name, declared);
      if (meant === undefined) return [];
      return proposals(`use the module ${meant}`, [
        await rewrite(
          input.tree,
          place.file,
          editLine(place.line, (line) => line.replace(wholeWord(name), meant)),
        ),
      ]);
    }
    return proposals(`declare the module ${name}`, [
      await rewrite(input.tree, root, (source) => {
        if (new RegExp(`\\bmod ${name}\\b`).test(source)) return undefined;
        const lines = source.split("\n");
        // Beside the other modules, else behind the attributes and comments that are about the crate as a whole.
        const at = lines.findIndex((line) => /^(?:pub(?:\([^)]*\))? )?mod \w+;/.test(line));
        // What another crate asks for, and what stands among public modules, is public.
        const visibility = other !== undefined || /^pub mod/.test(lines[at] ?? "") ? "pub " : "";
        const start = lines.findIndex((line) => !/^\s*(?:#!\[|\/\/!|$)/.test(line));
        lines.splice(at >= 0 ? at : Math.max(0, start), 0, `${visibility}mod ${name};`);
        return lines.join("\n");
      }),
    ]);
  },
};

const GATED = /the item is gated behind the `([\w-]+)` feature|the item is gated here[\s\S]*?feature = "([\w-]+)"/;
const WHOSE = /could not find `\w+` in `(\w+)`|cannot find `\w+` in `(\w+)`|unresolved imports? `(\w+)::/;

export const cargoFeature: Fixer = {
  name: "cargo-feature",
  summary: "an item of a dependency that is behind a feature which Cargo.toml does not ask for",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    const gate = GATED.exec(text);
    const feature = gate?.[1] ?? gate?.[2];
    const owner = WHOSE.exec(text)
      ?.slice(1)
      .find((group) => group !== undefined);
    if (!place || feature === undefined || owner === undefined) return [];
    const manifest = await manifestOf(input, place.file);
    if (manifest === undefined) return [];
    return proposals(`ask for the feature ${feature} of ${owner}`, [
      await rewrite(input.tree, manifest, (source) => withFeature(source, owner, feature)),
    ]);
  },
};

/** The Cargo.toml of the crate that a source belongs to. */
export async function manifestOf({ tree }: FixerInput, file: string): Promise<string | undefined> {
  const paths = await tree.paths();
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    const path = posix.join(folder, "Cargo.toml");
    if (paths.includes(path)) return path;
    if (folder === ".") return undefined;
  }
}

function withFeature(source: string, crate: string, feature: string): string | undefined {
  // Rust writes `_` where Cargo may write `-`.
  const name = crate.replaceAll("_", "[-_]");
  return source
    .split("\n")
    .map((line) => {
      const plain = new RegExp(`^(${name})\\s*=\\s*("[^"]*")\\s*$`).exec(line);
      if (plain) return `${plain[1]} = { version = ${plain[2]}, features = ["${feature}"] }`;
      if (!new RegExp(`^${name}\\s*=\\s*\\{`).test(line)) return line;
      if (/features\s*=\s*\[\s*\]/.test(line))
        return line.replace(/features\s*=\s*\[\s*\]/, `features = ["${feature}"]`);
      if (/features\s*=\s*\[/.test(line)) return line.replace(/(features\s*=\s*\[[^\]]*?)\s*\]/, `$1, "${feature}"]`);
      return line.replace(/\s*\}\s*$/, `, features = ["${feature}"] }`);
    })
    .join("\n");
}
