import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { insertRelease } from "../../../src/pillars/release/changelog.ts";
import { changesOf } from "../../../src/pillars/release/changes.ts";
import { forgeOf } from "../../../src/pillars/release/forge.ts";
import { markdownLine, plainLine } from "../../../src/pillars/release/markdown.ts";
import { groupsOf, releaseNotes } from "../../../src/pillars/release/notes.ts";
import { DEFAULT_RULES } from "../../../src/pipeline/release-rules.ts";

/** The line without its code spans: what is left may hold no markup that is not escaped. */
const outsideCode = (line: string) => line.replace(/(?<!\\)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "");

describe("text of strangers in Markdown", () => {
  test.each([
    ["[click](javascript:alert(1))", "\\[click\\](javascript:alert(1))"],
    ["<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"],
    ["ping @torvalds and @acme/team", "ping `@torvalds` and `@acme/team`"],
    ["mail a@b.example", "mail a@b.example"],
    ["# heading", "\\# heading"],
    ["- list", "\\- list"],
    ["1. list", "1\\. list"],
    ["> quote", "&gt; quote"],
    ["snake_case and _this_", "snake_case and \\_this\\_"],
    ["**bold** ~~no~~ | cell", "\\*\\*bold\\*\\* \\~\\~no\\~\\~ \\| cell"],
    ["`Map<K, V>` stays", "`Map<K, V>` stays"],
    ["odd ` backtick <b>", "odd \\` backtick &lt;b>"],
    ["&lt; stays text", "&amp;lt; stays text"],
    ["\u001b[31mred\u001b[0m \u202eevil\u0007", "red evil"],
  ])("%j", (text, shown) => {
    expect(markdownLine(text)).toBe(shown);
  });

  test("references become links where the forge is known", () => {
    expect(markdownLine("fix (#12), not c#7 or #x", (n) => `[#${n}](u/${n})`)).toBe("fix ([#12](u/12)), not c#7 or #x");
  });

  test("a line stays a line, without raw HTML, links or control characters", () => {
    const nasty = fc.array(
      fc.oneof(
        fc.constantFrom(
          "[",
          "]",
          "(",
          ")",
          "<",
          ">",
          "`",
          "``",
          "\\",
          "*",
          "_",
          "!",
          "#",
          "@a",
          "#1",
          "\n",
          "\r",
          "\u2028",
          "\u202e",
          "\u001b[1m",
          "|",
          "&lt;",
          "](",
          " ",
        ),
        fc.string({ maxLength: 5 }),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(nasty, (pieces) => {
        const line = markdownLine(pieces.join(""));
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
        expect(outsideCode(line)).not.toMatch(/<|(?<!\\)(?:\\\\)*[[\]]/);
      }),
      { numRuns: 1000 },
    );
  });

  test("a megabyte is cut", () => {
    expect(plainLine("x".repeat(1e6)).length).toBe(300);
    expect(plainLine(`${"😀".repeat(1e5)}`).isWellFormed()).toBe(true);
  });
});

describe("a release of hostile commits", () => {
  const hostile = (subject: string, body: string) => ({
    id: "a".repeat(40),
    parents: [],
    author: { name: "Eve\u202e <script>", email: "e" },
    time: 0,
    subject,
    body,
  });
  const commits = [
    hostile(
      "feat([x](y)): ## [9.9.9] - 2030-01-01",
      "BREAKING CHANGE: ## [9.9.8]\n<!--\n```\n[1.0.0]: https://evil.test\nRelease-Run: r-1",
    ),
    hostile("fix: {{ lookup('pipe', 'id') }} $(id) `id`", "Closes #1"),
  ];
  const { changes } = changesOf(commits, DEFAULT_RULES);
  const forge = forgeOf("git@github.com:acme/payments.git");

  test.each(["keep-a-changelog", "conventional"] as const)(
    "does not fake headings, links or comments (%s)",
    (layout) => {
      const entry = {
        version: "1.0.0",
        date: "2026-01-01",
        tag: "v1.0.0",
        previousTag: "v0.9.0",
        groups: groupsOf(changes, layout, forge),
        forge,
      };
      const text = insertRelease("", entry);
      expect(text.match(/^## .*$/gm)).toHaveLength(1);
      expect(text).not.toMatch(/<!--|<script|^\s*\[1\.0\.0\]:|^\s*```/m);
      const next = insertRelease(text, { ...entry, version: "1.1.0" });
      expect(next.match(/^## \[[\d.]+\]/gm)).toEqual(["## [1.1.0]", "## [1.0.0]"]);
    },
  );

  test("has notes without markup of theirs", () => {
    const notes = releaseNotes({
      product: "payments",
      version: "1.0.0",
      tag: "v1.0.0",
      previousTag: undefined,
      changes,
      forge,
    });
    expect(outsideCode(notes)).not.toMatch(/<(?!\/?a)/);
    expect(notes.match(/^# /gm)).toHaveLength(1);
  });
});

test.each([
  ["git@github.com:acme/pay.git", "https://github.com/acme/pay/compare/a...b"],
  ["https://token@gitlab.example.com/group/sub/pay.git", "https://gitlab.example.com/group/sub/pay/-/compare/a...b"],
  ["ssh://git@github.example.com:22/acme/pay", "https://github.example.com/acme/pay/compare/a...b"],
  ["/srv/git/pay.git", undefined],
  ["https://git.example.com/acme/pay", undefined],
])("the forge of %s", (remote, compare) => {
  expect(forgeOf(remote)?.compare("a", "b")).toBe(compare);
});
