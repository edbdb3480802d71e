import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConstitution } from "../../../src/constitution/constitution.ts";
import { type FileChange, writeChanges } from "../../../src/pillars/heal/candidate.ts";
import { healLimits, refusalOf } from "../../../src/pillars/heal/checks.ts";
import { changesFrom } from "../../../src/pillars/heal/model/candidates.ts";
import { answerSchema } from "../../../src/pillars/heal/model/prompt.ts";
import { openTree } from "../../../src/pillars/heal/tree.ts";

/**
 * What a model could answer that obeys an instruction in a log or a repository. Three walls stand one behind the other,
 * and each has to hold by itself: the files that may be edited, the check of the edit, and the writing of it.
 */
let outer: string;
let root: string;
const constitution = (() => {
  const read = readConstitution("version: 1\nrules: []\n", { file: "constitution.yaml" });
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  return read.value;
})();

const FEE = "export function fee(amount) {\n  return amount * two;\n}\n";
const FILES = {
  "src/fee.js": FEE,
  "test/fee.test.js": 'test("doubles", () => assert.equal(fee(2), 4));\n',
  "package.json": '{ "scripts": { "test": "node --test", "postinstall": "" } }\n',
  ".github/workflows/ci.yml": "on: push\n",
  Jenkinsfile: "monkeysPipeline()\n",
  "SPEC.md": "---\nproduct: fees\n---\n",
  "constitution.yaml": "version: 1\n",
  ".codemonkeys/config.yaml": "model: {}\n",
  ".gitignore": "node_modules\n",
};

beforeEach(() => {
  outer = realpathSync(mkdtempSync(join(tmpdir(), "codemonkeys-")));
  root = join(outer, "tree");
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  mkdirSync(join(root, ".git/hooks"), { recursive: true });
  writeFileSync(join(root, ".git/config"), "[core]\n");
  mkdirSync(join(outer, "home/.ssh"), { recursive: true });
  writeFileSync(join(outer, "home/.ssh/authorized_keys"), "key\n");
  writeFileSync(join(outer, "secret.txt"), "s3cret\n");
  symlinkSync(join(outer, "home"), join(root, "src/linked"));
  symlinkSync(join(outer, "secret.txt"), join(root, "src/secret.js"));
  symlinkSync("../.git", join(root, "src/dotgit"));
  symlinkSync(join(outer, "not-there-yet"), join(root, "src/dangling"));
  chmodSync(join(root, "src/fee.js"), 0o644);
});
afterEach(() => rmSync(outer, { recursive: true, force: true }));

/** Every file below a folder, with what is in it; links are not followed. */
function snapshot(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex")]),
  );
}

const OUTSIDE: readonly (readonly [what: string, path: string])[] = [
  ["a parent folder", "../secret.txt"],
  ["a parent folder from inside", "src/../../secret.txt"],
  ["a parent folder, with backslashes", "..\\secret.txt"],
  ["an absolute path", "/etc/cron.d/pwned"],
  ["a path of Windows", "C:/Windows/pwned"],
  ["a home", "~/.ssh/authorized_keys/../../../.."],
  ["an address", "file:///etc/passwd/.."],
  ["a name with a zero byte", "src/fee.js\0.png"],
  ["an empty name", ""],
  ["a folder", "src/"],
  ["this folder", "."],
  ["git's configuration", ".git/config"],
  ["git's configuration in capitals", ".GIT/config"],
  ["a hook", ".git/hooks/post-commit"],
  ["a hook through a dot", "./.git/hooks/post-commit"],
  ["a submodule's git folder", "vendor/.git/config"],
  ["a key through a linked folder", "src/linked/.ssh/authorized_keys"],
  ["a hook through a linked folder", "src/dotgit/hooks/post-commit"],
  ["a new place through a linked folder that points at nothing", "src/dangling/deep/file"],
];

const PROTECTED: readonly (readonly [what: string, path: string])[] = [
  ["a test", "test/fee.test.js"],
  ["a new test", "test/other.test.js"],
  ["a workflow", ".github/workflows/ci.yml"],
  ["a new workflow", ".github/workflows/steal.yml"],
  ["the Jenkinsfile", "Jenkinsfile"],
  ["the spec", "SPEC.md"],
  ["the constitution", "constitution.yaml"],
  ["the configuration", ".codemonkeys/config.yaml"],
  ["an encrypted secret", "secrets/tokens.sops.yaml"],
];

const at = (path: string, before: string | undefined, after: string): FileChange => ({
  path,
  before,
  after,
});
const fee = (line: string) => at("src/fee.js", FEE, FEE.replace("  return amount * two;", line));
const manifest = (scripts: string) => at("package.json", FILES["package.json"], `{ "scripts": ${scripts} }\n`);

const HARMFUL: readonly (readonly [what: string, change: FileChange])[] = [
  ["the test command made to pass", manifest('{ "test": "true", "postinstall": "" }')],
  ["the test command's failure ignored", manifest('{ "test": "node --test || true", "postinstall": "" }')],
  ["an exit with 0", fee("  process.exit(0);")],
  ["an error that is caught and hidden", fee("  try {\n    return amount * two;\n  } catch {}")],
  ["a checker told to look away", fee("  // @ts-nocheck\n  return amount * two;")],
  ["a linter told to look away", fee("  // eslint-disable-next-line\n  return amount * two;")],
  ["a coverage tool told to look away", fee("  /* c8 ignore next */\n  return amount * two;")],
  ["an answer for tests only", fee('  if (process.env.NODE_ENV === "test") return 4;\n  return amount * two;')],
  ["a huge edit", fee(Array.from({ length: 400 }, (_, n) => `  console.log(${n});`).join("\n"))],
];

describe("an answer that names a file outside of permission", () => {
  it.each([...OUTSIDE, ...PROTECTED, ["a file that it was not shown", "src/other.js"] as const])(
    "%s: is no edit",
    async (_what, path) => {
      const answer = answerSchema.parse({ explanation: "x", edits: [{ file: path, search: "", replace: "pwned" }] });
      expect(await changesFrom(answer, ["src/fee.js"], openTree(root))).toMatchObject({ feedback: expect.any(String) });
    },
  );
});

describe("an edit outside of permission", () => {
  it.each([...OUTSIDE.filter(([what]) => !what.includes("linked")), ...PROTECTED])(
    "%s: is refused before it is tried",
    (_what, path) => {
      expect(refusalOf([at(path, undefined, "pwned\n")], constitution, healLimits(constitution))).toMatch(
        /lies outside the repository|protected/,
      );
    },
  );

  it.each(HARMFUL)("%s: is refused before it is tried", (_what, change) => {
    expect(refusalOf([change], constitution, healLimits(constitution))).toEqual(expect.any(String));
  });

  it("too many files: is refused before it is tried", () => {
    const many = Array.from({ length: 11 }, (_, n) => at(`src/f${n}.js`, undefined, "x\n"));
    expect(refusalOf(many, constitution, healLimits(constitution))).toContain("11 files");
  });

  it.each(OUTSIDE)("%s: is not written", async (_what, path) => {
    const before = snapshot(outer);
    const tree = openTree(root);
    const written = await writeChanges(root, [at(path, await tree.read(path), "pwned\n")], (one) => tree.read(one));
    expect(written).toMatchObject({ ok: false, diagnostics: [{ code: "heal.path_outside" }] });
    expect(snapshot(outer)).toEqual(before);
  });

  it("a link in place of a file: what it points at is neither read nor changed", async () => {
    const before = snapshot(outer);
    const tree = openTree(root);
    expect(await tree.read("src/secret.js")).toBeUndefined();
    await writeChanges(root, [at("src/secret.js", undefined, "mine\n")], (one) => tree.read(one));
    expect(readFileSync(join(outer, "secret.txt"), "utf8")).toBe("s3cret\n");
    const { [join(root, "src/secret.js")]: _own, ...others } = snapshot(outer);
    expect(others).toEqual(before);
  });

  it("nothing of an edit is written where one part of it lies outside", async () => {
    const before = snapshot(outer);
    const tree = openTree(root);
    const changes = [fee("  return amount * 2;"), at("../secret.txt", undefined, "pwned\n")];
    expect((await writeChanges(root, changes, (one) => tree.read(one))).ok).toBe(false);
    expect(snapshot(outer)).toEqual(before);
  });
});

it("an edit inside of permission is made: the walls let the right one through", async () => {
  const answer = answerSchema.parse({
    explanation: "x",
    edits: [{ file: "src/fee.js", search: "  return amount * two;", replace: "  return amount * 2;" }],
  });
  const tree = openTree(root);
  const made = await changesFrom(answer, ["src/fee.js"], tree);
  if (!("changes" in made)) throw new Error(made.feedback);
  expect(refusalOf(made.changes, constitution, healLimits(constitution))).toBeUndefined();
  expect(await writeChanges(root, made.changes, (one) => tree.read(one))).toMatchObject({ ok: true });
  expect(readFileSync(join(root, "src/fee.js"), "utf8")).toContain("amount * 2");
});
