import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkoutsOwn, copyVirtualEnvironment } from "../../../src/pillars/heal/virtual-environment.ts";

let root: string;
let product: string;
let checkout: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "codemonkeys-")));
  [product, checkout] = [join(root, "tax"), join(root, "checkout")];
  write(product, {
    "requirements.txt": "pytest\n",
    ".venv/pyvenv.cfg": `command = python3 -m venv ${product}/.venv\n`,
    ".venv/bin/pytest": `#!${product}/.venv/bin/python\n`,
    ".venv/lib/python3.11/site-packages/__editable__.tax-1.pth": `${product}/src\n${product}-old/src\n`,
    ".venv/lib/python3.11/site-packages/notes.py": `# ${product}\n`,
  });
});
afterEach(() => rmSync(root, { recursive: true }));

function write(folder: string, files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

test("the copy's scripts and editable installations name the checkout", async () => {
  write(checkout, { "requirements.txt": "pytest\n" });
  const path = join(product, ".venv", "bin");
  expect(checkoutsOwn(path, product, checkout)).toBe(path);
  await copyVirtualEnvironment(product, checkout);
  const read = (file: string) => readFileSync(join(checkout, ".venv", file), "utf8");
  expect(read("bin/pytest")).toBe(`#!${checkout}/.venv/bin/python\n`);
  const packages = "lib/python3.11/site-packages";
  expect(read(`${packages}/__editable__.tax-1.pth`)).toBe(`${checkout}/src\n${product}-old/src\n`);
  expect(read(`${packages}/notes.py`)).toBe(`# ${product}\n`);
  expect(readFileSync(join(product, ".venv/bin/pytest"), "utf8")).toContain(product);
  expect(checkoutsOwn(path, product, checkout)).toBe(join(checkout, ".venv", "bin"));
});

test("an environment that is a link to another stays as it is", async () => {
  write(checkout, { "requirements.txt": "pytest\n" });
  renameSync(join(product, ".venv"), join(root, "shared"));
  symlinkSync(join(root, "shared"), join(product, ".venv"));
  await copyVirtualEnvironment(product, checkout);
  expect(existsSync(join(checkout, ".venv"))).toBe(false);
  expect(readFileSync(join(root, "shared/pyvenv.cfg"), "utf8")).toContain(product);
});

test.each([
  ["other packages are asked for", { "requirements.txt": "pytest\nattrs\n" }],
  ["it has its own", { "requirements.txt": "pytest\n", ".venv/own": "" }],
])("nothing is copied where %s", async (_what, files) => {
  write(checkout, files);
  await copyVirtualEnvironment(product, checkout);
  expect(() => readFileSync(join(checkout, ".venv/pyvenv.cfg"))).toThrow("ENOENT");
});
