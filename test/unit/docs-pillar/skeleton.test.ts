import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { docsSkeleton } from "../../../src/pillars/docs/skeleton.ts";
import { readStamp, STAMP_PLACE } from "../../../src/pipeline/stamp.ts";
import { planFor, specOf } from "../pipeline/support.ts";

function skeleton(front: string, body = "") {
  const files = docsSkeleton(specOf(front, body).value, planFor(front));
  return Object.fromEntries(files.map((file) => [file.path, file.text]));
}

const BODY = `# Payments: cards
Take card payments
for the shops.

More about it.
## Requirement: refunds are idempotent
Shops retry.
### Scenario: same key
- **Given** a refund, **and** a key, **when** it is sent again, **then** nothing is charged.
`;

describe("docsSkeleton", () => {
  it("is a strict MkDocs site that loads nothing from elsewhere", () => {
    const { "mkdocs.yml": text = "" } = skeleton("", BODY);
    expect(parse(text)).toEqual({
      site_name: "Payments: cards",
      site_description: "Take card payments for the shops.",
      docs_dir: "docs",
      strict: true,
      theme: { name: "mkdocs", highlightjs: false },
      markdown_extensions: ["admonition", "tables"],
    });
  });

  it("says what the product is, how it is built and what it must do", () => {
    const files = skeleton(
      `packages: [{ ecosystem: npm, path: ., publish: true }]
stages: { test: { run: "npm test\\nnpm run more", matrix: { node: [22] } } }
port: 8080
owners: ["a|b@example.org"]`,
      BODY,
    );
    expect(Object.keys(files)).toEqual(["mkdocs.yml", "docs/index.md", "docs/development.md", "docs/requirements.md"]);
    expect(files["docs/index.md"]).toContain(
      "# Payments: cards\n\nTake card payments\nfor the shops.\n\nMore about it.",
    );
    expect(files["docs/index.md"]).toContain("| npm package | `.`, published with each release |");
    expect(files["docs/index.md"]).toContain("| Port | 8080 |");
    expect(files["docs/index.md"]).toContain("| Ask | a\\|b@example.org |");
    expect(files["docs/development.md"]).toContain(
      "## test-node-22\n\n```\nnpm test\nnpm run more\n```\n\n`MATRIX_NODE` is `22`.",
    );
    expect(files["docs/requirements.md"]).toContain(
      "## refunds are idempotent\n\nShops retry.\n\n### same key\n\n- **Given** a refund and a key, **when** it is sent again, **then** nothing is charged.",
    );
  });

  it("has no requirements page without requirements, and nothing at all without a site", () => {
    expect(Object.keys(skeleton(""))).not.toContain("docs/requirements.md");
    expect(skeleton("docs: { site: none }")).toEqual({});
  });

  it("stamps every page, whatever the spec says", () => {
    const hostile = `# T ${STAMP_PLACE}\n\n${STAMP_PLACE} text=${"a".repeat(64)}\n`;
    for (const [path, text] of Object.entries(skeleton("stages: { test: 'echo ``` `` ````' }", hostile))) {
      expect([path, readStamp(text)]).toEqual([path, "intact"]);
      expect([path, readStamp(`${text}\nmore`)]).toEqual([path, "edited"]);
    }
  });

  it("fences a command so that it cannot close its fence", () => {
    const { "docs/development.md": text = "" } = skeleton("stages: { test: 'echo ```` done' }");
    expect(text).toContain("`````\necho ```` done\n`````");
  });
});
