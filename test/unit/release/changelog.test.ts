import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChangelogEntry, insertRelease, layoutOf } from "../../../src/pillars/release/changelog.ts";
import { forgeOf } from "../../../src/pillars/release/forge.ts";

const entry: ChangelogEntry = {
  version: "1.5.0",
  date: "2026-11-21",
  tag: "v1.5.0",
  previousTag: "v1.4.2",
  groups: [
    { title: "Added", items: [["partial refunds (a1b2c3d)"]] },
    { title: "Fixed", items: [["rounding (b2c3d4e)", "", "more"]] },
  ],
  forge: undefined,
};
const withForge = { ...entry, forge: forgeOf("https://github.com/acme/payments.git") };

/** True when all lines of `old` stand in `text` in their order. */
function keepsLines(old: string, text: string): boolean {
  const lines = text.split("\n");
  let at = 0;
  for (const line of old.split("\n")) {
    at = lines.indexOf(line, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

describe("a new release in a changelog", () => {
  test("begins a file of its own in the form of Keep a Changelog", () => {
    const text = insertRelease("", entry);
    expect(text).toMatch(/^# Changelog\n/);
    expect(text).toContain(
      "\n## [1.5.0] - 2026-11-21\n\n### Added\n\n- partial refunds (a1b2c3d)\n\n### Fixed\n\n- rounding",
    );
    expect(text.endsWith("  more\n")).toBe(true);
  });

  test("goes above the newest version, in that file's style", () => {
    const text = insertRelease("# History\n\nIntro.\n\n# v1.4.2 (2026-01-01)\n\n* x\n", entry);
    expect(text).toBe(
      "# History\n\nIntro.\n\n# v1.5.0 (2026-11-21)\n\n## Added\n\n* partial refunds (a1b2c3d)\n\n## Fixed\n\n* rounding (b2c3d4e)\n\n  more\n\n# v1.4.2 (2026-01-01)\n\n* x\n",
    );
  });

  test("takes over what people wrote under Unreleased, and adds to their groups", () => {
    const old =
      "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- my own words\n\n### Security\n\n- a note\n\n## [1.4.2] - 2026-01-01\n\n- x\n";
    expect(insertRelease(old, entry)).toBe(
      "# Changelog\n\n## [Unreleased]\n\n## [1.5.0] - 2026-11-21\n\n### Added\n\n- my own words\n- partial refunds (a1b2c3d)\n\n### Security\n\n- a note\n\n### Fixed\n\n- rounding (b2c3d4e)\n\n  more\n\n## [1.4.2] - 2026-01-01\n\n- x\n",
    );
  });

  test("keeps every byte that a person wrote: both kinds of line ends, no line break at the end, bullets", () => {
    const before = "# Changelog\r\n\n## [Unreleased]\r\n### Added\n* mine  \r\n";
    const after = "\n## [1.4.2] - 2026-01-01\r\n- x";
    const text = insertRelease(`${before}${after}`, { ...entry, groups: [{ title: "Added", items: [["theirs"]] }] });
    expect(text).toBe(
      `# Changelog\r\n\n## [Unreleased]\r\n\r\n## [1.5.0] - 2026-11-21\r\n\r\n### Added\n* mine  \r\n* theirs\r\n${after}`,
    );
  });

  test("takes the commoner kind of line ends", () => {
    const text = insertRelease("# Changelog\r\n\n## 1.4.2\n\n- x\n", { ...entry, groups: [] });
    expect(text.match(/\r/g)).toHaveLength(1);
  });

  test("begins a line of its own after a last line without a line break", () => {
    expect(insertRelease("# Log\r\n\r\nProse.", { ...entry, groups: [] })).toBe(
      "# Log\r\n\r\nProse.\r\n\r\n## [1.5.0] - 2026-11-21\r\n\r\nMaintenance release without changes that users notice.\r\n",
    );
  });

  test("leaves an empty Unreleased part where it is", () => {
    const text = insertRelease("# Changelog\n\n## Unreleased\n\n## 1.4.2 - 2026-01-01\n\n- x\n", entry);
    expect(text.startsWith("# Changelog\n\n## Unreleased\n\n## 1.5.0 - 2026-11-21\n\n### Added\n")).toBe(true);
  });

  test("adds a link definition where the file has them, else links in the heading", () => {
    const old = "# Changelog\n\n## [1.4.2] - 2026-01-01\n\n- x\n\n[1.4.2]: https://example.test/1.4.2\n";
    expect(insertRelease(old, withForge)).toContain(
      "\n[1.5.0]: https://github.com/acme/payments/compare/v1.4.2...v1.5.0\n[1.4.2]: https://example.test/1.4.2\n",
    );
    expect(insertRelease("# Changelog\n", withForge)).toContain(
      "## [1.5.0](https://github.com/acme/payments/compare/v1.4.2...v1.5.0) - 2026-11-21",
    );
  });

  test("is appended where the oldest version comes first", () => {
    const old = "# Changelog\n\n## 1.0.0\n\n- a\n\n## 1.4.2\n\n- b\n";
    const text = insertRelease(old, entry);
    expect(text.startsWith(old.trimEnd())).toBe(true);
    expect(text).toContain("- b\n\n## 1.5.0 - 2026-11-21\n");
  });

  test("knows underlined headings, and none in code or comments", () => {
    const old = "1.4.2 / 2026-01-01\n==================\n\n  * x\n";
    expect(insertRelease(old, entry).startsWith("## 1.5.0 - 2026-11-21\n\n### Added")).toBe(true);
    const fenced = "# Changelog\n\n```\n## 9.9.9\n```\n<!--\n## 8.8.8\n-->\n\n## 1.4.2\n";
    expect(insertRelease(fenced, entry)).toContain("-->\n\n## 1.5.0 - 2026-11-21\n");
  });

  test("keeps CRLF line ends", () => {
    const text = insertRelease("# Changelog\r\n\r\n## 1.4.2\r\n\r\n- x\r\n", entry);
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
  });

  test("is there once, however often it is inserted", () => {
    const once = insertRelease("# Changelog\n\n## [Unreleased]\n\n- words\n", entry);
    expect(insertRelease(once, entry)).toBe(once);
  });

  test("never loses or moves a line that was there", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "# Changelog",
        "## [Unreleased]",
        "## [1.4.2] - 2026-01-01",
        "## 1.4.1",
        "### Added",
        "### Fixed",
        "- item",
        "  more",
        "",
        "",
        "```",
        "<!--",
        "-->",
        "[1.4.2]: https://example.test",
        "[Unreleased]: https://example.test/HEAD",
        "=====",
        "1.3.0",
        "-----",
      ),
      fc.string({ maxLength: 30 }).filter((text) => !/[\r\n]/.test(text)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.boolean(), (lines, forge) => {
        const old = lines.join("\n");
        fc.pre(old.trim() !== "");
        const text = insertRelease(old, forge ? withForge : entry);
        expect(keepsLines(old, text)).toBe(true);
        expect(insertRelease(text, entry)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

test("the layout follows the file's own headings", () => {
  expect(layoutOf("## 1.0.0\n\n### Bug Fixes\n\n* x\n")).toBe("conventional");
  expect(layoutOf("## 1.0.0\n\n### Fixed\n\n- x\n")).toBe("keep-a-changelog");
  expect(layoutOf("")).toBe("keep-a-changelog");
});
