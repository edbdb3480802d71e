import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { javascriptCaptures, packageOf } from "./javascript-message.ts";
import { find, isBlank } from "./text.ts";

// esbuild: ✘ [ERROR] Unexpected ";"            vite, rollup: error during build: / [vite]: Rollup failed to resolve import "x" from "y".
//                                              webpack: ERROR in ./src/a.js 1:0-20 / Module not found: Error: Can't resolve 'x' in '/y'
//              src/bad.js:1:10:
const ESBUILD = /^\s*(?:✘ |X |> )?(?:\[ERROR\]|error:) (.+?)(?: \[plugin (.+)\])?$/;
/** esbuild before 0.14. */
const OLD_ESBUILD = /^ > (\S.*?):(\d+):(\d+): error: (.+)$/;
const BUILD = /^(?:error during build:|✗ Build failed in .*|x Build failed in .*)$/;
const ROLLUP = /^\[!\] (?:\(.*?\) )?(?:\w*Error: )?(.+)$/;
const WEBPACK = /^ERROR in (?:(\S+?)(?: (\d+):(\d+)(?:-\S+)?)?(?:\(|$)|.*$)/;

export const bundlers: ToolReader = {
  tool: "esbuild",
  hints: ["✘ [ERROR]", "X [ERROR]", ": error: ", "error during build", "Build failed in", "ERROR in ", "[!] "],
  start(line) {
    if (BUILD.test(line.text)) return viteBlock(line);
    if (ROLLUP.test(line.text)) return viteBlock(line);
    if (WEBPACK.test(line.text)) return webpackBlock(line);
    const old = OLD_ESBUILD.exec(line.text);
    if (old !== null) return oldEsbuildBlock(line, old);
    const head = /^\s*[✘X] \[ERROR\]/.test(line.text) ? ESBUILD.exec(line.text) : null;
    if (head === null) return undefined;
    return gather(
      [line],
      ({ text }) => (isBlank(text) || /^\s{2,}\S/.test(text) ? "take" : "no"),
      (lines, range) => {
        const place = lines.map(({ text }) => /^\s{4}(\S.*?):(\d+):(\d+):$/.exec(text)).find((match) => match !== null);
        return [esbuildDraft(head[1]!, range, place ? [place[1]!, place[2]!, place[3]!] : undefined)];
      },
    );
  },
};

function oldEsbuildBlock(line: Parameters<ToolReader["start"]>[0], match: RegExpExecArray) {
  return gather(
    [line],
    ({ text }) => (/^\s{2,}(?:\d+ │|╵|note: )/.test(text) ? "take" : "no"),
    (_lines, range) => [esbuildDraft(match[4]!, range, [match[1]!, match[2]!, match[3]!])],
  );
}

/** @param at file, line, and column counted from 0, as esbuild does */
function esbuildDraft(
  said: string,
  range: { readonly first: number; readonly last: number },
  at: readonly [file: string, line: string, column: string] | undefined,
): Draft {
  const module = find(said, /^Could not resolve "([^"]+)"/);
  return {
    tool: "esbuild",
    message: said,
    ...range,
    place: at && placeOf(at[0], at[1], Number(at[2]) + 1),
    ...ofModule(said, module, {
      export: find(said, /No matching export in "[^"]+" for import "([^"]+)"/),
      identifier: find(said, /"([^"]+)"/),
    }),
  };
}

function viteBlock(line: Parameters<ToolReader["start"]>[0]) {
  return gather(
    [line],
    ({ text }, held) =>
      /^(?:npm |error (?!during)|make|##\[| ELIFECYCLE)/.test(text) || (isBlank(text) && held.length > 40)
        ? "no"
        : "take",
    (lines, range) => {
      const rollup = ROLLUP.exec(line.text)?.[1];
      const texts = lines.slice(rollup === undefined ? 1 : 0).map(({ text }) => text);
      const said =
        rollup ??
        texts
          .find((text) => !isBlank(text) && !BUILD.test(text) && !/^Build failed with \d+ errors?:/.test(text))
          ?.trim() ??
        "build failed";
      const all = texts.join("\n");
      const unresolved =
        /(?:failed to resolve import|Could not resolve) ["']([^"']+)["'] (?:from|in) ["']?([^"'\s]+)["']?/.exec(all);
      const missing = /"([^"]+)" is not exported by "([^"]+)", imported by "([^"]+)"/.exec(all);
      const place =
        /╭─\[ ?(\S+?):(\d+):(\d+) \]/.exec(all) ??
        /^(?:file: )?(\/?[\w@./-]+\.\w+)(?:\?\S*)?:? ?\(?(\d+):(\d+)\)?:?/m.exec(all);
      const file = unresolved?.[2] ?? missing?.[3];
      return [
        {
          tool: rollup === undefined ? "vite" : "rollup",
          message: said.replace(/^\w*Error: /, ""),
          ...range,
          place:
            place !== null ? placeOf(place[1]!, place[2], place[3]) : file === undefined ? undefined : placeOf(file),
          ...ofModule(all, unresolved?.[1], {
            ...javascriptCaptures(said),
            ...(missing === null ? {} : { module: missing[2] }),
            export: missing?.[1],
          }),
        },
      ];
    },
  );
}

function webpackBlock(line: Parameters<ToolReader["start"]>[0]) {
  const head = WEBPACK.exec(line.text)!;
  return gather(
    [line],
    ({ text }, held) =>
      /^(?:ERROR in|WARNING in|webpack \d|npm |\d+ errors? )/.test(text) ||
      (isBlank(text) && isBlank(held.at(-1)!.text))
        ? "no"
        : "take",
    (lines, range) => {
      const said =
        lines
          .slice(1)
          .map(({ text }) => text.trim())
          .find((text) => text !== "") ?? line.text.slice("ERROR in ".length);
      const module = find(said, /Can't resolve '([^']+)'/);
      return [
        {
          tool: "webpack",
          message: said,
          ...range,
          place: head[1] === undefined ? undefined : placeOf(head[1], head[2], head[3]),
          ...ofModule(said, module, {}),
          ...(/TS\d+:/.test(said) ? { category: "type" as const } : {}),
        },
      ];
    },
  );
}

/** What a bundler's message means when it could not find a module: a package is a dependency, a path a slip in a source. */
function ofModule(
  said: string,
  module: string | undefined,
  captures: NonNullable<Draft["captures"]>,
): Pick<Draft, "category" | "captures" | "key"> {
  const name = packageOf(module);
  return {
    category: name === undefined ? ofMessage(said) : "dependency_resolution",
    captures: { ...captures, ...(module === undefined ? {} : { module }), package: name },
    key: name,
  };
}

function ofMessage(said: string): Category {
  return /config(?:uration)? (?:file|error)|Invalid configuration/i.test(said) ? "configuration" : "compilation";
}
