import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const LOADER = join(import.meta.dirname, "..", "..", "..", "bin", "parts.js");

/** A program in two parts, of which the second is loaded when it is needed, as rolldown writes them. */
const MAIN = `
const later = () => Promise.resolve().then(() => require("./later.cjs"));
if (process.argv[2] === "nonsense") process.exitCode = 64;
later().then(({ says }) => console.log(says(process.argv[3] ?? "nothing"), __filename.endsWith("main.cjs")));
`;
const LATER = `exports.says = (word) => "it says " + word;`;

let root: string;
let parts: string;
let kept: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codemonkeys-"));
  parts = join(root, "parts");
  kept = join(root, "cache", "compiled");
  mkdirSync(parts);
  writeFileSync(join(parts, "main.cjs"), MAIN);
  writeFileSync(join(parts, "later.cjs"), LATER);
  writeFileSync(join(parts, "build-id"), "one\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function run(...words: string[]): string {
  const script = `require(${JSON.stringify(LOADER)}).runParts(${JSON.stringify(parts)}, ${JSON.stringify(kept)}, process.argv.slice(2))`;
  const starter = join(root, "start.cjs");
  writeFileSync(starter, script);
  const { stdout, stderr } = spawnSync(process.execPath, [starter, ...words], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout;
}

const files = () => readdirSync(kept, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
function file(): string {
  const [only, ...more] = files();
  expect(more).toEqual([]);
  return join(only?.parentPath ?? "", only?.name ?? "");
}

test("the code of a run is kept for the next one of that command, in a folder of the user's own", () => {
  expect(run("go", "one")).toBe("it says one true\n");
  const { ino, mode } = statSync(file());
  expect(mode & 0o777).toBe(0o600);
  expect(statSync(join(file(), "..")).mode & 0o777).toBe(0o700);
  expect(run("go", "two")).toBe("it says two true\n");
  // Nothing was missing in it, so that it was not written anew.
  expect(statSync(file()).ino).toBe(ino);
  expect(run("other", "three")).toBe("it says three true\n");
  expect(files().map(({ name }) => name)).toEqual(["go", "other"]);
});

test.each([
  { what: "damaged", harm: (path: string) => writeFileSync(path, readFileSync(path).fill(0xff, 200, 400)) },
  { what: "cut off", harm: (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 300)) },
  { what: "empty", harm: (path: string) => writeFileSync(path, "") },
  { what: "one that others can write", harm: (path: string) => chmodSync(path, 0o666) },
])("a file of kept code that is $what is not taken, and made anew", ({ harm }) => {
  run("go", "one");
  harm(file());
  const { ino } = statSync(file());
  expect(run("go", "two")).toBe("it says two true\n");
  expect(statSync(file()).ino).not.toBe(ino);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test("another build takes none of it, and what a wrong command loaded is not kept", () => {
  run("go", "one");
  writeFileSync(join(parts, "later.cjs"), LATER.replace("it says", "it SAYS"));
  writeFileSync(join(parts, "build-id"), "two\n");
  expect(run("go", "two")).toBe("it SAYS two true\n");
  expect(files()).toHaveLength(2);
  run("nonsense");
  expect(files()).toHaveLength(2);
});

test("where nothing can be kept the program runs all the same", () => {
  writeFileSync(join(root, "cache"), "a file where the folder should be");
  expect(run("go", "one")).toBe("it says one true\n");
});
