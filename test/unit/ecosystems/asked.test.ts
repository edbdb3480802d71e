import { describe, expect, test } from "vitest";
import { askedPackages, type EcosystemId, rangesMeet, rangeWithin } from "../../../src/ecosystems/index.ts";
import { treeOf } from "./tree.ts";

async function asked(files: Readonly<Record<string, string>>, names: readonly string[]) {
  const found = await askedPackages(treeOf(files), (_ecosystem, name) => names.includes(name));
  expect(found.unreadable).toEqual([]);
  return found.asked.map(
    ({ name, range, file, line, locked }) => `${file}:${line} ${name} ${range}${locked ? " locked" : ""}`,
  );
}

describe("what a product asks for", () => {
  test("package.json with aliases, and locks of versions 1 and 3", async () => {
    const files = {
      "package.json":
        '{\n  "dependencies": {\n    "w2": "npm:widget@^3" },\n  "devDependencies": {\n    "widget": "^2" }\n}',
      "a/package-lock.json":
        '{ "packages": { "": {},\n "node_modules/x/node_modules/widget": {\n "version": "2.1.0" } } }',
      "b/package-lock.json": '{ "dependencies": {\n "widget": {\n "version": "1.9.0" } } }',
      "test/fixtures/package.json": '{ "dependencies": { "widget": "1" } }',
    };
    expect(await asked(files, ["widget"])).toEqual([
      "a/package-lock.json:3 widget 2.1.0 locked",
      "b/package-lock.json:3 widget 1.9.0 locked",
      "package.json:3 widget ^3",
      "package.json:5 widget ^2",
    ]);
  });

  test("requirements, pyproject.toml of both kinds, uv.lock", async () => {
    const files = {
      "pyproject.toml":
        '[project]\ndependencies = [\n  "Urllib3>=1,<2",\n]\n[tool.poetry.dependencies]\nrequests = { version = "^2" }\n',
      "requirements-dev.txt":
        "# tools\nrequests[socks] >= 2, < 3 ; python_version > '3'\nurllib3==2.5.0 \\\n  --hash=sha256:1\n-r b.txt\n",
      "uv.lock": '[[package]]\nname = "requests"\nversion = "2.31.0"\n',
    };
    expect(await asked(files, ["urllib3", "requests"])).toEqual([
      "pyproject.toml:3 urllib3 >=1,<2",
      "pyproject.toml:6 requests ^2",
      "requirements-dev.txt:2 requests >=2,<3",
      "requirements-dev.txt:3 urllib3 ==2.5.0",
      "uv.lock:3 requests 2.31.0 locked",
    ]);
  });

  test("Cargo.toml's tables, a renamed crate, Cargo.lock", async () => {
    const files = {
      "Cargo.toml":
        '[dependencies]\nserde = "1"\nold = { version = "2", package = "log" }\n[target.\'cfg(unix)\'.dev-dependencies.log]\nversion = "3"\n',
      "Cargo.lock": '[[package]]\nname = "serde"\nversion = "1.0.9"\n',
    };
    expect(await asked(files, ["serde", "log"])).toEqual([
      "Cargo.lock:3 serde =1.0.9 locked",
      "Cargo.toml:2 serde 1",
      "Cargo.toml:3 log 2",
      "Cargo.toml:5 log 3",
    ]);
  });

  test("a broken manifest is named, and the others are read", async () => {
    const found = await askedPackages(treeOf({ "package.json": "{", "requirements.txt": "a==1\n" }), () => true);
    expect(found.asked).toHaveLength(1);
    expect(found.unreadable).toMatchObject([{ code: "manifest.json", where: { file: "package.json" } }]);
  });
});

describe("ranges", () => {
  test.each<[EcosystemId, string, string, boolean]>([
    ["npm", "^17.0.0", "18.2.0", false],
    ["npm", ">=16", "^18.0.0", true],
    ["npm", "latest", "latest", true],
    ["npm", "latest", "^1", false],
    ["pypi", "<1.27,>=1.25.4", "==2.5.0", false],
    ["pypi", "~=2.5", "2.9", true],
    ["pypi", "~=2.5.1", "==2.6.0", false],
    ["pypi", "==2.*", ">=2.4,!=2.5", true],
    ["pypi", "^1.2", "==2.0", false],
    ["cargo", "1.2", "=1.5.0", true],
    ["cargo", ">=1, <1.4", "=1.5.0", false],
  ])("%s: %s and %s meet: %s", (ecosystem, a, b, meet) => {
    expect(rangesMeet(ecosystem, a, b)).toBe(meet);
    expect(rangesMeet(ecosystem, b, a)).toBe(meet);
  });

  test("what lies in a range that cannot be had", () => {
    expect(rangeWithin("npm", "^99.1.0", ">=99")).toBe(true);
    expect(rangeWithin("npm", ">=1", "99.0.0")).toBe(false);
    expect(rangeWithin("npm", "git+ssh://x", "*")).toBe(true);
  });
});
