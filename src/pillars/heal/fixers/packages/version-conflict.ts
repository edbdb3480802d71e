import { intersects, validRange } from "semver";
import { type Fixer, proposals, rewrite, textOf } from "../fixer.ts";
import { jsonObject, nearestFile, npmAsked, pythonName } from "./known-packages.ts";

/** Every range in which npm's message says that a package is asked for, and by whom. */
const WANTED = /(?:peer(?:Optional)? )?((?:@[\w.-]+\/)?[\w.-]+)@"([^"]+)" from (the root project|\S+)/g;
const UNMET =
  /Could not resolve dependency:\s*\n(?:npm (?:error|ERR!) ?)?\s*peer(?:Optional)? ((?:@[\w.-]+\/)?[\w.-]+)@"([^"]+)" from/;

export const npmPeerConflict: Fixer = {
  name: "npm-peer-conflict",
  summary: "a range of package.json that a peer dependency forbids, where npm's message holds one that all accept",
  trust: 0.7,
  async propose(input) {
    const text = textOf(input).replaceAll(/^npm (?:error|ERR!) ?/gm, "");
    const [, name, wanted] = UNMET.exec(text) ?? [];
    if (!/ERESOLVE/.test(text) || name === undefined || wanted === undefined || validRange(wanted) === null) return [];
    const asked = [...text.matchAll(WANTED)].filter((match) => match[1] === name);
    const others = asked.flatMap(([, , range = "", by]) => (by === "the root project" ? [] : [range]));
    if (!others.every((range) => validRange(range) !== null && intersects(range, wanted))) return [];
    const manifest = await nearestFile(input.tree, "package.json", "package.json");
    const own = manifest === undefined ? undefined : npmAsked(jsonObject(await input.tree.read(manifest))).get(name);
    if (manifest === undefined || own === undefined || own === wanted) return [];
    return proposals(
      `ask for ${name} ${wanted}, which all accept`,
      [
        await rewrite(input.tree, manifest, (source) =>
          source
            .replaceAll(`"${name}": "${own}"`, `"${name}": "${wanted}"`)
            .replaceAll(`"${name}":"${own}"`, `"${name}":"${wanted}"`),
        ),
      ],
      [{ command: "npm", args: ["install", "--ignore-scripts", "--no-audit", "--no-fund"], network: "host" }],
    );
  },
};

const USER = /The user requested ([A-Za-z][\w.-]*)(?:\[[^\]]*\])?((?:[<>=!~]=?=?[\w.*+!-]+,?)+)/g;
const DEPENDS =
  /^\s*(\S+)(?: \S+)? depends on ([A-Za-z][\w.-]*)(?:\[[^\]]*\])?((?:[<>=!~]=?=?[\w.*+!-]+(?:,| and )?)+)/gm;

export const pipConflict: Fixer = {
  name: "pip-conflict",
  summary: "a requirement of ours that another package forbids, where pip's message holds the versions that all accept",
  trust: 0.7,
  async propose(input) {
    const text = textOf(input);
    if (!/ResolutionImpossible|conflicting dependencies/.test(text)) return [];
    const found = [];
    for (const [, name = "", ours = ""] of text.matchAll(USER)) {
      const wanted = [...text.matchAll(DEPENDS)].flatMap(([, , needed = "", range = ""]) =>
        pythonName(needed) === pythonName(name) ? range.split(/,| and /) : [],
      );
      const range = [...new Set(wanted.map((part) => part.trim()).filter((part) => part !== ""))].join(",");
      if (range === "" || range === ours) continue;
      for (const path of (await input.tree.paths()).filter((one) =>
        /(?:^|\/)(?:[\w-]*requirements[\w-]*\.(?:txt|in)|pyproject\.toml|setup\.cfg)$/.test(one),
      )) {
        found.push(
          ...proposals(`require ${name} ${range}, which all accept`, [
            await rewrite(input.tree, path, (source) => withRange(source, name, ours, range)),
          ]),
        );
      }
    }
    return found;
  },
};

function withRange(source: string, name: string, ours: string, range: string): string {
  const parts = ours
    .split(",")
    .map((part) =>
      part.replace(
        /([<>=!~]+)(.*)/,
        (_all, sign: string, version: string) => `${sign}\\s*${version.replace(/[.*+]/g, "\\$&")}`,
      ),
    );
  const pattern = new RegExp(
    `(?<![\\w-])(${name.replaceAll(/[-_.]/g, "[-_.]")}(?:\\[[^\\]]*\\])?)\\s*${parts.join("\\s*,\\s*")}(?![\\w.])`,
    "gi",
  );
  return source.replace(pattern, `$1${range}`);
}
