import { minVersion, satisfies, validRange } from "semver";
import { type Fixer, proposals, rewrite, textOf } from "../fixer.ts";
import { jsonObject } from "./known-packages.ts";

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
