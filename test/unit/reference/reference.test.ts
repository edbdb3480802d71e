import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { referenceDrift, referenceFiles } from "../../../scripts/reference/files.ts";
import { readConstitution } from "../../../src/constitution/constitution.ts";
import { ACTION_NAMES } from "../../../src/core/action.ts";
import { FACT_NAMES } from "../../../src/core/facts.ts";
import { FIXERS } from "../../../src/pillars/heal/fixers/table.ts";

const root = join(import.meta.dirname, "..", "..", "..");
let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  files = await referenceFiles(root);
}, 60_000);

const pageText = (name: string) => files.get(`docs/reference/${name}.md`) ?? "";

describe("the generated reference", () => {
  it("is in the repository as it would be generated now (else: node scripts/generate-reference.ts)", async () => {
    expect(await referenceDrift(root, files)).toEqual([]);
  });

  it("notices a page that was changed or is missing", async () => {
    const other = new Map([
      ["docs/reference/facts.md", `${pageText("facts")}x`],
      ["docs/reference/no-such-page.md", ""],
    ]);
    expect(await referenceDrift(root, other)).toEqual([...other.keys()]);
  });

  it("names every fact, action and fixer", () => {
    expect(FACT_NAMES.filter((name) => !pageText("facts").includes(`| \`${name}\` |`))).toEqual([]);
    expect(ACTION_NAMES.filter((name) => !pageText("actions").includes(`\n## ${name}\n`))).toEqual([]);
    expect(FIXERS.filter(({ name }) => !pageText("fixers").includes(`| \`${name}\` |`))).toEqual([]);
  });

  it("has the codes that real problems come with", async () => {
    const mistakes = readConstitution(
      [
        "version: 1",
        "time_zone: Europe/Nowhere",
        "rulez: []",
        "rules:",
        "  - { id: a, allow: [git.comit] }",
        "  - { id: a, ask: [git.push] }",
        '  - { id: b, deny: ["*"], when: now.weekdy == "Friday" }',
      ].join("\n"),
      { file: "constitution.yaml" },
    );
    const shape = readConstitution("version: 2\nrules: 5\n", { file: "constitution.yaml" });
    const found = [mistakes, shape].flatMap((outcome) => (outcome.ok ? [] : outcome.diagnostics));
    expect(found.length).toBeGreaterThan(2);
    expect(found.filter(({ code }) => !pageText("diagnostics").includes(`| \`${code}\` | config |`))).toEqual([]);
  });

  it("leaves no link of a page without its target", async () => {
    for (const name of ["actions", "facts", "fixers", "exit-codes", "constitution", "diagnostics"]) {
      for (const [, target = ""] of pageText(name).matchAll(/\]\(([^)#]+\.md)/g)) {
        await expect(readFile(join(root, "docs/reference", target), "utf8")).resolves.not.toBe("");
      }
    }
  });
});
