import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProcess } from "../../src/core/process.ts";
import { runWork, sandboxAbility } from "../../src/tools/sandbox/sandbox.ts";
import { scratchFolder } from "./publish.ts";

const scratch = scratchFolder();
afterAll(() => scratch.remove());

/** An npm product with a dependency-free test and a server in it. */
function product(): string {
  const root = join(scratch.path, "product");
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, "package.json"),
    JSON.stringify({ name: "p", version: "1.0.0", type: "module", scripts: { test: "node --test" } }),
  );
  writeFileSync(
    join(root, "p.test.js"),
    `import assert from "node:assert";
import { createServer } from "node:http";
import { homedir, tmpdir } from "node:os";
import { mkdtempSync, writeFileSync } from "node:fs";
import test from "node:test";
test("serves itself", async () => {
  const server = createServer((_, answer) => answer.end("hi")).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const answer = await fetch("http://127.0.0.1:" + server.address().port);
  assert.equal(await answer.text(), "hi");
  server.close();
  server.closeAllConnections();
});
test("writes where it may", () => {
  writeFileSync(homedir() + "/x", "x");
  mkdtempSync(tmpdir() + "/x-");
});
`,
  );
  return root;
}

test("npm test of a product that listens on loopback passes without network", async () => {
  const result = await runWork("npm test", { cwd: product(), network: "none", timeoutMs: 60_000 });
  expect(result.stdout).toMatch(/pass 2/);
  expect(result.exitCode).toBe(0);
  expect(result.isolated).toBe((await sandboxAbility()).isolated);
});

test("a Python product makes its own environment and runs its tests", async () => {
  const root = join(scratch.path, "py");
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, "test_it.py"),
    "import unittest\nclass T(unittest.TestCase):\n  def test_it(self): self.assertEqual(6 * 7, 42)\n",
  );
  const result = await runWork("python3 -m venv .venv && .venv/bin/python -m unittest -v", {
    cwd: root,
    network: "none",
    timeoutMs: 120_000,
  });
  expect(result.stderr).toContain("OK");
  expect(result.exitCode).toBe(0);
});

// As root we can become somebody else; an ordinary user's own run of the unit tests shows the same.
describe.runIf(process.getuid?.() === 0)("as an ordinary user", () => {
  const nobody = { uid: 65_534, gid: 65_534 };
  const home = join(scratch.path, "home");
  const root = join(scratch.path, "user-product");

  beforeAll(() => {
    chmodSync(scratch.path, 0o755);
    for (const path of [home, join(home, ".ssh"), root]) {
      mkdirSync(path, { recursive: true });
      chownSync(path, nobody.uid, nobody.gid);
    }
    writeFileSync(join(home, ".ssh/id"), "PLANTED-KEY");
    chownSync(join(home, ".ssh/id"), nobody.uid, nobody.gid);
    // A copy that another user may read, wherever the checkout lies.
    buildSync({
      entryPoints: ["src/tools/sandbox/sandbox.ts"],
      outfile: join(scratch.path, "sandbox.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
    cpSync(process.execPath, join(scratch.path, "node"));
  });

  test("the key is hidden, the user stays who they are, and the product can write its tree", async () => {
    const script = `
      const { runWork } = await import(${JSON.stringify(join(scratch.path, "sandbox.mjs"))});
      const result = await runWork("id -u; cat ${home}/.ssh/id; umount ${home}/.ssh; echo made > made.txt; touch /etc/x",
        { cwd: ${JSON.stringify(root)}, network: "none", timeoutMs: 30000, visible: [${JSON.stringify(home)}] });
      console.log(JSON.stringify(result));
    `;
    const result = await runProcess(
      "setpriv",
      [
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
        "--",
        join(scratch.path, "node"),
        "--input-type=module",
        "-e",
        script,
      ],
      { cwd: root, env: { HOME: home, PATH: "/usr/local/bin:/usr/bin:/bin" }, timeoutMs: 60_000 },
    );
    expect(result.stderr).toBe("");
    const work = JSON.parse(result.stdout) as { isolated: boolean; stdout: string; stderr: string };
    expect(work.isolated).toBe((await sandboxAbility()).isolated);
    expect(work.stdout).toBe("65534\n");
    expect(work.stderr).not.toContain("PLANTED");
    expect(readFileSync(join(root, "made.txt"), "utf8")).toBe("made\n");
    expect(existsSync("/etc/x")).toBe(false);
  });
});
