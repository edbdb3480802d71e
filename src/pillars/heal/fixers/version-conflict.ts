import { intersects, minVersion, satisfies, validRange } from "semver";
import { type Fixer, proposals, rewrite, textOf } from "./fixer.ts";
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

const ENGINE =
  /Not compatible with your version of node\/npm: ((?:@[\w.-]+\/)?[\w.-]+)@\S+[\s\S]*?Required: \{[^}]*"node":"([^"]+)"[\s\S]*?Actual:\s+\{[^}]*"node":"v?([\d.]+)"/;

/** Only the product's own manifest: what a dependency demands is for its version, or for the machine, to meet. */
export const nodeEngine: Fixer = {
  name: "node-engine",
  summary:
    "a package.json that shuts out the Node that builds it, because its `engines` name an end-of-life version as the last",
  trust: 0.7,
  async propose(input) {
    const [, name, required, actual] = ENGINE.exec(textOf(input)) ?? [];
    if (name === undefined || required === undefined || actual === undefined) return [];
    const least = validRange(required) === null ? null : minVersion(required);
    if (least === null || satisfies(actual, required) || !satisfies(actual, `>=${least.version}`)) return [];
    const short = least.version.replace(/(?:\.0){1,2}$/, "");
    const found = [];
    for (const path of (await input.tree.paths()).filter((one) => /(?:^|\/)package\.json$/.test(one))) {
      if (jsonObject(await input.tree.read(path))?.name !== name) continue;
      found.push(
        ...proposals(`allow Node ${short} and newer`, [
          await rewrite(input.tree, path, (text) =>
            text.replace(/("engines"\s*:\s*\{[^}]*"node"\s*:\s*")[^"]*(")/, `$1>=${short}$2`),
          ),
        ]),
      );
    }
    return found;
  },
};

const PYTHON = /Package '([\w.-]+)' requires a different Python: ([\d.]+) not in '([^']+)'/;

export const pythonRequires: Fixer = {
  name: "python-requires",
  summary:
    "a Python project that shuts out the Python that builds it, because its metadata name an older version as the last",
  trust: 0.7,
  async propose(input) {
    const [, name, actual, required] = PYTHON.exec(textOf(input)) ?? [];
    if (name === undefined || actual === undefined || required === undefined) return [];
    const clauses = required.split(",").map((clause) => clause.trim());
    const least = clauses.filter((clause) => /^>=?/.test(clause));
    const [lower] = least;
    // A lower bound that this Python does not reach is for the machine to meet.
    if (lower === undefined || least.length > 1 || least.length === clauses.length || !reaches(actual, lower))
      return [];
    const found = [];
    for (const path of (await input.tree.paths()).filter((one) =>
      /(?:^|\/)(?:pyproject\.toml|setup\.cfg|setup\.py)$/.test(one),
    )) {
      const change = await rewrite(input.tree, path, (text) =>
        text.replace(
          /((?:requires-python|python_requires)\s*=\s*["']?)[<>=!~][^"'\n]*?(["']?\s*,?\s*)$/m,
          `$1${lower}$2`,
        ),
      );
      found.push(...proposals(`allow ${lower} without an upper end`, [change]));
    }
    return found;
  },
};

function reaches(actual: string, lower: string): boolean {
  const [a, b] = [actual, lower.replace(/^>=?\s*/, "")].map((version) => version.split(".").map(Number));
  for (let at = 0; at < Math.max(a?.length ?? 0, b?.length ?? 0); at++) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
