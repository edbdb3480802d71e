import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessage } from "../../../src/pillars/release/commit.ts";

const options = {
  squash: "all" as const,
  mergeTitles: true,
  types: new Set(["feat", "fix", "chore", "docs", "perf", "revert", "refactor"]),
};
const read = (subject: string, body = "") => readMessage(subject, body, options);
const first = (subject: string, body = "") => read(subject, body).changes[0];

describe("Conventional Commits 1.0.0, by its rules", () => {
  test("1, 4, 5: type, scope and description", () => {
    expect(first("feat(parser): add ability to parse arrays")).toMatchObject({
      type: "feat",
      scope: "parser",
      description: "add ability to parse arrays",
      breaking: false,
    });
  });

  test.each(["feat add", "feat:", "feat:x", "(scope): x", "feat(a: x", "feat (a): x", ": x", "fe at: x"])(
    "%j is not conventional",
    (subject) => {
      expect(first(subject)?.type).toBe("");
      expect(first(subject)?.description).toBe(subject);
    },
  );

  test("7, 8, 9: body and footers with either separator", () => {
    const change = first(
      "fix: prevent racing of requests",
      "Introduce a request id.\n\nRemove timeouts.\n\nReviewed-by: Z\nRefs: #123\nCloses #12\n",
    );
    expect(change?.footers).toEqual([
      { token: "Reviewed-by", value: "Z" },
      { token: "Refs", value: "#123" },
      { token: "Closes", value: "12" },
    ]);
  });

  test("10: a footer's value goes on over lines until the next token", () => {
    const change = first("feat: x", "BREAKING CHANGE: first line\nsecond line\n\nthird paragraph\nSigned-off-by: A\n");
    expect(change?.breakingNotes).toEqual(["first line\nsecond line\n\nthird paragraph"]);
    expect(change?.footers.at(-1)).toEqual({ token: "Signed-off-by", value: "A" });
  });

  test.each([
    ["feat!: drop Node 6", ""],
    ["feat(api)!: send an email", ""],
    ["chore: drop Node 6", "BREAKING CHANGE: use features not in Node 6."],
    ["chore: drop Node 6", "Some text.\n\nBREAKING-CHANGE: use features not in Node 6."],
    ["docs: x", "Forgot the blank line.\nBREAKING CHANGE: and it still counts"],
    ["not conventional at all", "BREAKING CHANGE: yes"],
    ["feat: x (#1)", "* feat: a\n* BREAKING CHANGE: in a bullet"],
    ["feat: x (#1)", "* feat: a\n\n---------\n\nBREAKING CHANGE: below the rule"],
  ])("11, 12, 13: %j is breaking", (subject, body) => {
    expect(read(subject, body).changes.some((change) => change.breaking)).toBe(true);
  });

  test.each([
    ["feat: x", "this is not a BREAKING CHANGE: really"],
    ["feat: x", "breaking change: lower case does not count (rule 15)"],
    ["feat: x", "```\nBREAKING CHANGE: quoted\n```"],
    ["feat: support BREAKING CHANGE: in subjects", ""],
    ["fix: scope", "Example:\n\n    chore(deps)!: quoted commit\n"],
    ["feat! : space before the colon", ""],
  ])("%j with %j is not breaking", (subject, body) => {
    expect(read(subject, body).changes.some((change) => change.breaking)).toBe(false);
  });

  test("15: types are read without regard to case", () => {
    expect(first("FEAT: x")?.type).toBe("feat");
    expect(first("Fix(X): y")).toMatchObject({ type: "fix", scope: "X" });
  });

  test("CRLF line ends, odd Unicode and lone surrogates do no harm", () => {
    expect(first("feat: ünïcødé 🎉", "text\r\n\r\nBREAKING CHANGE: ja\r\n")).toMatchObject({
      description: "ünïcødé 🎉",
      breakingNotes: ["ja"],
    });
    expect(first("fix: \ud800")?.type).toBe("fix");
  });
});

describe("squashed messages", () => {
  test("GitHub's bullets are changes of their own, prose is not", () => {
    const { changes } = read("Search (#12)", "* feat(ui): search box\n\n* fix: typo\n\n* note: not a type\n\n* wip\n");
    expect(changes.map(({ type, description }) => [type, description])).toEqual([
      ["", "Search (#12)"],
      ["feat", "search box"],
      ["fix", "typo"],
    ]);
  });

  test("paragraphs that begin with a header are changes (several commits in one message)", () => {
    const { changes } = read(
      "feat: adds UUID",
      "This adds it.\n\nfix(utils): no exception\n  Source-Link: x\n\nfeat(utils): encode\n",
    );
    expect(changes.map(({ type }) => type)).toEqual(["feat", "fix", "feat"]);
  });

  test("git merge --squash's log", () => {
    const id = "a".repeat(40);
    const body = `commit ${id}\nAuthor: A <a@b>\nDate:   today\n\n    feat: one\n    \n    body\n\ncommit ${id}\nAuthor: A <a@b>\n\n    fix: two\n`;
    expect(read("Squashed commit of the following:", body).changes.map(({ type }) => type)).toEqual([
      "",
      "feat",
      "fix",
    ]);
  });

  test("rules can say that the subject alone counts", () => {
    const { changes } = readMessage("fix: x (#1)", "* feat: y", { ...options, squash: "subject" });
    expect(changes.map(({ type }) => type)).toEqual(["fix"]);
  });
});

describe("merges", () => {
  test.each(["Merge pull request #9 from a/b", "Merge branch 'x' into 'main'", "Merged in x (pull request #4)"])(
    "%j counts by its title, or not at all",
    (subject) => {
      expect(read(subject, "feat: title\n\nmore").changes.map(({ type }) => type)).toEqual(["feat"]);
      expect(read(subject, "Some title").changes).toEqual([]);
      expect(readMessage(subject, "feat: title", { ...options, mergeTitles: false }).changes).toEqual([]);
    },
  );

  test("a merge train counts by its pull requests' titles, and not by what their texts list", () => {
    const body =
      "12: feat: red theme r=ann a=bob\n\n- fix: prose\n\n13: fix(core)!: crash r=ann,carl a=bob\n\n14: A word r=ann a=bob\n\nCo-authored-by: Bob <b@x>";
    const { changes, merge } = read("Merge #12 #13 #14", body);
    expect(changes).toMatchObject([
      { type: "feat", description: "red theme", breaking: false },
      { type: "fix", scope: "core", description: "crash", breaking: true },
    ]);
    expect(merge).toBe(true);
    expect(readMessage("Merge #12", body, { ...options, mergeTitles: false }).changes).toEqual([]);
  });

  test("what was reverted and comes again is that change", () => {
    for (const subject of ['Reapply "feat(a): x" (#9)', 'Revert "Revert "feat(a): x""'])
      expect(first(subject)).toMatchObject({ type: "feat", scope: "a", description: "x" });
    expect(first('Revert "Reapply "feat: x""')).toMatchObject({ type: "revert" });
    expect(first('Revert "Revert "Revert "feat: x"""')).toMatchObject({ type: "revert", description: "feat: x" });
  });

  test("a forge that puts the title into the subject", () => {
    expect(first("Merged PR 17: fix: it")).toMatchObject({ type: "fix", description: "it" });
  });
});

describe("reverts and Release-As", () => {
  test("git's and the specification's ways to name what is reverted", () => {
    expect(read('Revert "feat: x"', "This reverts commit 0123456789abcdef.")).toMatchObject({
      reverts: ["0123456789abcdef"],
      revertsSubject: "feat: x",
      changes: [{ type: "revert", description: "feat: x" }],
    });
    expect(read("revert: let us never again speak of it", "Refs: 676104e, a215868").reverts).toEqual([
      "676104e",
      "a215868",
    ]);
    expect(read('Reapply "feat: x"').revertsSubject).toBe('Revert "feat: x"');
  });

  test("the last Release-As footer counts, with or without v", () => {
    expect(read("chore: x", "Release-As: 1.9.0\n\nRELEASE-AS: v2.0.0").releaseAs).toBe("2.0.0");
    expect(read("chore: x", "please Release-As: 2.0.0").releaseAs).toBeUndefined();
  });
});

test("no message makes the reader throw, and every header it finds is one", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary", maxLength: 400 }), (subject, body) => {
      const { changes } = read(subject, body);
      for (const change of changes) expect(change.type).toMatch(/^(?:[a-z][\w-]*)?$/);
    }),
  );
});

test("a message of a megabyte is read in no time", () => {
  const start = performance.now();
  read(`feat(${"(".repeat(1e6)}`, `${"BREAKING ".repeat(1e5)}\n${"a: ".repeat(1e5)}\n`.repeat(3));
  read(`feat: ${" ".repeat(1e6)}x`);
  expect(performance.now() - start).toBeLessThan(500);
});
