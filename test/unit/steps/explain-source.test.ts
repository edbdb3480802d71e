import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createRedactor } from "../../../src/core/redact.ts";
import type { Workplace } from "../../../src/pipeline/session.ts";
import { sourceNotes } from "../../../src/steps/explain-source.ts";
import { read } from "../heal-read/logs.ts";

let folder: string;
const git = (...args: string[]) =>
  execa("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: folder, env: { LC_ALL: "C" } });
const notes = async (cwd: string) => {
  const report = await read(
    "/home/runner/work/acme/acme/src/fee.js:2\n  x\n  ^\n\nReferenceError: two is not defined\n",
  );
  const place = { redactor: createRedactor(), signal: new AbortController().signal, cwd } as unknown as Workplace;
  return [...(await sourceNotes(place, report)).values()][0];
};

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "codemonkeys-")));
  await git("init", "-q", "-b", "main");
  await execa("mkdir", ["src"], { cwd: folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const commit = async (line: string, subject: string) => {
  writeFileSync(join(folder, "src/fee.js"), `function fee(amount) {\n  ${line}\n}\n`);
  await git("add", "-A");
  await git("commit", "-qm", subject);
};

it("is the line that the failure points at, and the commit that changed it last", async () => {
  await commit("return amount * 2;", "feat: fees");
  await commit("return amount * two;", "refactor: name the factor");
  const { stdout: id } = await git("rev-parse", "--short=7", "HEAD");
  expect(await notes(folder)).toEqual([
    "src/fee.js:2  return amount * two;",
    `changed by the newest commit (${id}, "refactor: name the factor")`,
  ]);
  await git("commit", "-q", "--allow-empty", "-m", "docs: words");
  expect((await notes(join(folder, "src")))?.[1]).toContain(`changed 1 commit ago (${id}`);
});

it("says of a line that is not committed yet that it is not", async () => {
  await commit("return amount * 2;", "feat: fees");
  writeFileSync(join(folder, "src/fee.js"), "function fee(amount) {\n  return two;\n}\n");
  expect(await notes(folder)).toEqual(["src/fee.js:2  return two;", "not committed yet"]);
});

it("is nothing outside of a repository, and where the repository has no such file", async () => {
  expect(await notes(tmpdir())).toBeUndefined();
  expect(await notes(folder)).toBeUndefined();
});
