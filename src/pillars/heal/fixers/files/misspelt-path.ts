import { posix } from "node:path";
import { didYouMean } from "../../../../core/suggest.ts";
import { folderOf } from "../../../../ecosystems/paths.ts";
import type { Proposal } from "../../candidate.ts";
import type { Tree } from "../../tree.ts";
import { type Fixer, type FixerInput, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";
import { nearestPath, withPath } from "./nearest-path.ts";

/** What interpreters and shells say of a file that is not there. */
const MISSING: readonly RegExp[] = [
  /No such file or directory: ['"]([^'"\n]+)['"]/,
  /ENOENT: no such file or directory, \w+ '([^'\n]+)'/,
  /cannot open '?([\w./-]+)'?(?: for reading)?: No such file/,
  /can't open file '([^'\n]+)'/,
  /([\w./-]+\.\w+|[\w.-]+\/[\w./-]+): No such file or directory/,
  /(?:open|stat) ([\w./-]+): no such file or directory/,
  /couldn't read `([^`]+)`: No such file/,
  /pattern ([\w./-]+): no matching files found/,
];
/** Files that name others and are not sources of the failing program itself. */
const CALLERS = /(?:^|\/)(?:GNU)?[Mm]akefile$|\.mk$|\.(?:sh|bash)$|(?:^|\/)justfile$/;

export const misspeltPath: Fixer = {
  name: "misspelt-path",
  summary:
    "a file that a program, a script or a Makefile opens by a misspelt name, by the names of the product's files",
  trust: 0.7,
  async propose(input) {
    const text = textOf(input);
    const named = MISSING.map((pattern) => pattern.exec(text)?.[1]).find((path) => path !== undefined);
    if (named === undefined) return [];
    const missing = inside(named, input.tree.root);
    const place = await placeOf(input);
    const found = await respellIn(input.tree, missing, place?.file);
    if (found.length > 0 || place === undefined) return found;
    return respellIn(input.tree, missing, undefined);
  },
};

function inside(path: string, root: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path.replace(/^\.\//, "");
}

/** In the named file, else in the scripts and Makefiles that name the path. */
async function respellIn(tree: Tree, missing: string, file: string | undefined): Promise<readonly Proposal[]> {
  const paths = file === undefined ? (await tree.paths()).filter((path) => CALLERS.test(path)) : [file];
  const found: Proposal[] = [];
  for (const path of paths) {
    // From the root, where builds start, then from the file's own folder.
    for (const folder of new Set(["", folderOf(path)])) {
      const meant = await nearestPath(tree, missing, folder);
      if (meant === undefined) continue;
      found.push(...proposals(`write ${meant} for ${missing}`, [await respell(tree, path, missing, meant)]));
    }
  }
  return found;
}

function respell(tree: Tree, path: string, missing: string, meant: string) {
  return rewrite(tree, path, (text) => withPath(text, missing, meant));
}

const INCLUDE =
  /(?:fatal error: |^)['"]?([\w./-]+\.h(?:pp|h|xx)?)['"]?(?:: No such file or directory| file not found)/m;

export const misspeltInclude: Fixer = {
  name: "misspelt-include",
  summary: "an #include of a misspelt header of the product",
  trust: 0.9,
  async propose(input) {
    const missing = INCLUDE.exec(textOf(input))?.[1];
    const place = await placeOf(input);
    if (missing === undefined || place === undefined) return [];
    const folder = folderOf(place.file);
    const headers = (await input.tree.paths()).filter((path) => /\.h(?:pp|h|xx)?$/.test(path));
    const meant =
      (await nearestPath(input.tree, missing, folder)) ??
      didYouMean(missing, new Set(headers.map((path) => posix.basename(path))));
    if (meant === undefined || !/\.h(?:pp|h|xx)?$/.test(meant)) return [];
    return proposals(`include ${meant} for ${missing}`, [
      await rewrite(input.tree, place.file, (text) => text.replaceAll(`"${missing}"`, `"${meant}"`)),
    ]);
  },
};

const NO_RULE = /No rule to make target [`'"]([^'"`\s]+)['"`]/;
const TARGET = /^([\w./%-]+(?:[ \t]+[\w./%-]+)*)[ \t]*:(?![=:])/gm;

export const makeMisspelt: Fixer = {
  name: "make-misspelt",
  summary: "a prerequisite of a Makefile that is neither a file nor a target, by the names that are",
  trust: 0.9,
  async propose(input) {
    const { tree } = input;
    const missing = NO_RULE.exec(textOf(input))?.[1];
    if (missing === undefined || /[%*$]/.test(missing)) return [];
    const found: Proposal[] = [];
    for (const path of (await tree.paths()).filter((one) => /(?:^|\/)(?:GNU)?[Mm]akefile$|\.mk$/.test(one))) {
      const text = (await tree.read(path)) ?? "";
      const targets = [...text.matchAll(TARGET)].flatMap(([, names = ""]) => names.split(/[ \t]+/));
      const folder = folderOf(path);
      const meant =
        (await nearestPath(tree, missing, folder)) ??
        didYouMean(missing, new Set(targets.filter((one) => !/^\.|%/.test(one))));
      if (meant !== undefined) {
        found.push(...proposals(`write ${meant} for ${missing}`, [await respell(tree, path, missing, meant)]));
      }
    }
    return found;
  },
};

const SOURCE = /Cannot find source file:\s+(\w[\w./-]*)|add_subdirectory given source "([^"]+)"/;
const LINKED =
  /(?:for target|target|Target) "([^"]+)" (?:which is not built by this|that does not exist|is not built|links to)/;
const COMMAND = /Unknown CMake command "(\w+)"/;
const COMMANDS =
  "add_executable add_library add_subdirectory add_test add_dependencies add_custom_command add_custom_target add_compile_definitions add_compile_options target_link_libraries target_include_directories target_compile_definitions target_compile_options target_compile_features target_sources target_link_options include_directories link_libraries find_package find_library find_path find_program enable_testing set_property set_target_properties set_tests_properties cmake_minimum_required configure_file install option project include message foreach endforeach function endfunction macro endmacro".split(
    " ",
  );

export const cmakeMisspelt: Fixer = {
  name: "cmake-misspelt",
  summary: "a misspelt source, folder, target or command in a CMakeLists.txt",
  trust: 0.9,
  async propose(input) {
    const { tree } = input;
    const text = textOf(input);
    const place = await placeOf(input);
    if (!place || !/CMakeLists\.txt$|\.cmake$/.test(place.file)) return [];
    const folder = folderOf(place.file);
    const source = SOURCE.exec(text);
    const missing = input.failure.captures.file ?? source?.[1] ?? source?.[2];
    if (missing !== undefined) {
      const meant = await nearestPath(tree, missing, folder);
      return meant === undefined
        ? []
        : proposals(`write ${meant} for ${missing}`, [await respell(tree, place.file, missing, meant)]);
    }
    const name = LINKED.exec(text)?.[1] ?? COMMAND.exec(text)?.[1];
    if (name === undefined) return [];
    const known = COMMAND.test(text) ? await commandsOf(input) : await targetsOf(tree);
    const meant = didYouMean(name, known);
    if (meant === undefined) return [];
    return proposals(`write ${meant} for ${name}`, [
      await rewrite(tree, place.file, (whole) => whole.replace(wholeWord(name), meant)),
    ]);
  },
};

async function cmakeTexts(tree: Tree): Promise<string> {
  const files = (await tree.paths()).filter((path) => /CMakeLists\.txt$|\.cmake$/.test(path));
  return (await Promise.all(files.map((path) => tree.read(path)))).join("\n");
}

async function targetsOf(tree: Tree): Promise<ReadonlySet<string>> {
  const texts = await cmakeTexts(tree);
  return new Set(
    [...texts.matchAll(/\badd_(?:executable|library|custom_target)\s*\(\s*([\w.:+-]+)/gi)].map(
      (match) => match[1] ?? "",
    ),
  );
}

async function commandsOf({ tree }: FixerInput): Promise<ReadonlySet<string>> {
  const own = [...(await cmakeTexts(tree)).matchAll(/\b(?:function|macro)\s*\(\s*(\w+)/gi)].map(
    (match) => match[1] ?? "",
  );
  return new Set([...COMMANDS, ...own]);
}

const COPIED =
  /(?:stat: "\/?([^"]+)": no such file|"\/([^"]+)": not found|COPY failed: (?:file not found in build context[^:]*: stat |stat [^:]*?\/build\d*\/)([^\s:]+): |lstat \/?([\w./-]+): no such file)/;

export const dockerCopyPath: Fixer = {
  name: "docker-copy-path",
  summary: "a COPY or ADD of a Dockerfile with a misspelt path, by the files of the build context",
  trust: 0.9,
  async propose(input) {
    const { tree } = input;
    const missing = COPIED.exec(textOf(input))
      ?.slice(1)
      .find((path) => path !== undefined);
    if (missing === undefined) return [];
    const found: Proposal[] = [];
    for (const path of (await tree.paths()).filter((one) =>
      /(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[\w-]+)?$|\.Dockerfile$/.test(one),
    )) {
      // The context is the root, or the folder of the Dockerfile: the command is not in the tree.
      for (const folder of new Set(["", folderOf(path)])) {
        const meant = await nearestPath(tree, missing, folder);
        if (meant === undefined) continue;
        const change = await rewrite(tree, path, (text) =>
          text.replace(/^[ \t]*(?:COPY|ADD)\b(?!.*--from=).*$/gim, (line) => withPath(line, missing, meant)),
        );
        found.push(...proposals(`copy ${meant} for ${missing}`, [change]));
      }
    }
    return found;
  },
};
