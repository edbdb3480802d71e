import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const TESTS = join(import.meta.dirname, "..", "..");

/**
 * What a machine may lack so that a test is left out there, and what it is. CI has all of them but the time for the last,
 * and its last lines name each test that was left out (.ci/run).
 */
const CONDITIONS: Readonly<Record<string, string>> = {
  canMount: "mount namespaces for an ordinary process (unshare -Urm)",
  "ability.isolated": "the namespaces in which product code runs",
  "process.getuid?.() === 0": "root, who can become somebody else; the unit tests of an ordinary user show the same",
  'process.platform === "linux"': "/dev/full",
  everything: "TEST_FULL=1: what is slow, or the second of its kind, runs in `npm run test:full`",
};

const files = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts") && !path.startsWith("fixtures"))
  .map((path) => ({ path, text: readFileSync(join(TESTS, path), "utf8") }));

/** `runIf(condition)("…"` up to the parenthesis that closes it. */
const CONDITION = /\b(?:test|it|describe)(?:\.\w+)*\.(?:runIf|skipIf)\(((?:[^()]|\([^()]*\))*)\)(?:\.each\b)?\(/g;

test("a test is left out for a known reason only, and no other way", () => {
  const found = files.flatMap(({ text }) => [...text.matchAll(CONDITION)].map(([, condition = ""]) => condition));
  expect([...new Set(found)].sort()).toEqual(Object.keys(CONDITIONS).sort());
  const silent = files.filter(({ text }) =>
    /^\s*(?:test|it|describe)(?:\.\w+)*\.(?:skip|only|todo|fails)\b/m.test(text),
  );
  expect(silent.map(({ path }) => path)).toEqual([]);
});
