import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changesOf, type HistoryCommit } from "../../../src/pillars/release/changes.ts";
import { historyOf, rangeReader, transitionsOf } from "../../../src/pillars/release/history.ts";
import { replayHistory } from "../../../src/pillars/release/replay.ts";
import { parseTag, type ReleaseTag } from "../../../src/pillars/release/tags.ts";
import { DEFAULT_RULES } from "../../../src/pipeline/release-rules.ts";

const id = (n: number) => n.toString(16).padStart(40, "0");
const commit = (n: number, subject: string, parents: number[] = n === 0 ? [] : [n - 1], body = ""): HistoryCommit => ({
  id: id(n),
  parents: parents.map(id),
  author: { name: "A", email: "a" },
  time: n * 1000,
  subject,
  body,
});
const tag = (name: string, n: number) => parseTag(name, id(n)) as ReleaseTag;
const newestFirst = (commits: HistoryCommit[]) => [...commits].reverse();

describe("history", () => {
  test("ranges are git's a..b over any graph", () => {
    const graph = fc
      .integer({ min: 2, max: 25 })
      .chain((size) =>
        fc.tuple(
          ...Array.from({ length: size }, (_, n) =>
            fc.uniqueArray(fc.nat({ max: Math.max(0, n - 1) }), { maxLength: n === 0 ? 0 : 3 }),
          ),
        ),
      );
    const ancestors = (parents: readonly (readonly number[])[], of: number): Set<number> => {
      const seen = new Set<number>();
      const open = [of];
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        if (seen.has(at)) continue;
        seen.add(at);
        open.push(...(parents[at] as readonly number[]));
      }
      return seen;
    };
    fc.assert(
      fc.property(graph, fc.nat(), fc.nat(), (parents, from, to) => {
        const [a, b] = [from % parents.length, to % parents.length];
        const commits = parents.map((list, n) => commit(n, `c${n}`, list));
        const range = rangeReader(historyOf(newestFirst(commits), []));
        const without = ancestors(parents, a);
        const wanted = [...ancestors(parents, b)]
          .filter((n) => !without.has(n))
          .map(id)
          .sort();
        expect(
          range(id(a), id(b))
            .map((one) => one.id)
            .sort(),
        ).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  test("the release before is the highest that the commit contains", () => {
    // 0(v1.0.0) - 1 - 2(v2.0.0);  0 - 3(v1.0.1, maintenance);  4 merges both (v2.1.0)
    const commits = [
      commit(0, "feat: a"),
      commit(1, "feat!: b"),
      commit(2, "fix: c"),
      commit(3, "fix: d", [0]),
      commit(4, "m", [2, 3]),
    ];
    const tags = [tag("v1.0.0", 0), tag("v2.0.0", 2), tag("v1.0.1", 3), tag("v2.1.0", 4)];
    const steps = transitionsOf(historyOf(newestFirst(commits), tags), "");
    expect(Object.fromEntries(steps.map((step) => [step.tag.tag, step.previous?.tag]))).toEqual({
      "v1.0.0": undefined,
      "v2.0.0": "v1.0.0",
      "v1.0.1": "v1.0.0",
      "v2.1.0": "v2.0.0",
    });
  });
});

describe("reverts", () => {
  const revert = (n: number, of: number, subject: string) =>
    commit(n, `Revert "${subject}"`, [n - 1], `This reverts commit ${id(of)}.`);
  test("of the same release cancel, of an older one count, and a revert of a revert brings it back", () => {
    const feat = commit(1, "feat: x");
    expect(changesOf([revert(2, 1, "feat: x"), feat], DEFAULT_RULES)).toMatchObject({ level: "none", changes: [] });
    expect(changesOf([revert(2, 1, "feat: x")], DEFAULT_RULES).level).toBe("patch");
    const back = revert(3, 2, 'Revert "feat: x"');
    expect(changesOf([back, revert(2, 1, "feat: x"), feat], DEFAULT_RULES).level).toBe("minor");
  });
});

test("the revert of a merge takes back what the merge brought, and nothing else", () => {
  // 0 - 1 - 4(merge of 3) - 5(reverts 4);  0 - 2 - 3
  const commits = [
    commit(
      5,
      "Revert \"Merge branch 'topic'\"",
      [4],
      `This reverts commit ${id(4)}, reversing\nchanges made to ${id(1)}.`,
    ),
    commit(4, "Merge branch 'topic'", [1, 3], "feat: blue"),
    commit(3, "fix: contrast of blue", [2]),
    commit(2, "feat: blue", [0]),
    commit(1, "fix: other", [0]),
  ];
  expect(changesOf(commits.slice(1), DEFAULT_RULES).level).toBe("minor");
  const { changes } = changesOf(commits, DEFAULT_RULES);
  expect(changes.map(({ description }) => description)).toEqual(["other"]);
});

describe("replay", () => {
  const history = (steps: [subject: string, tag?: string][]) =>
    historyOf(
      newestFirst(steps.map(([subject], n) => commit(n, subject))),
      steps.flatMap(([, name], n) => (name ? [tag(name, n)] : [])),
    );

  test("counts what the rules predict, and explains what they do not", () => {
    const result = replayHistory(
      history([
        ["feat: a", "v1.0.0"],
        ["fix: b", "v1.0.1"],
        ["feat: c"],
        ["docs: d", "v1.1.0"],
        ["fix: e", "v2.0.0"],
        ["docs: f", "v2.0.1"],
      ]),
      { repository: "r", rules: DEFAULT_RULES },
    );
    expect(result).toMatchObject({ transitions: 4, predicted: 2, fitted_on: 0 });
    expect(result.misses.map(({ tag: name, expected, actual }) => [name, expected, actual])).toEqual([
      ["v2.0.0", "1.1.1", "2.0.0"],
      ["v2.0.1", null, "2.0.1"],
    ]);
    expect(result.misses[0]?.commits).toEqual([{ id: id(4), subject: "fix: e", level: "patch" }]);
  });

  test("fits rules on the older half and scores the newer one", () => {
    const steps: [string, string?][] = [["feat: begin", "v0.1.0"]];
    for (let n = 0; n < 40; n++) {
      // Their habit: in 0.x a feature raises the patch number, and docs are released as well.
      const kind = ["feat", "docs", "feat!"][n % 3] as string;
      const [minor, patch] = (steps.at(-1)?.[1] ?? "").split(".").slice(1).map(Number) as [number, number];
      steps.push([`${kind}: ${n}`, kind === "feat!" ? `v0.${minor + 1}.0` : `v0.${minor}.${patch + 1}`]);
    }
    const fitted = replayHistory(history(steps), { repository: "r", rules: undefined });
    expect(fitted).toMatchObject({ transitions: 20, predicted: 20, fitted_on: 20, misses: [] });
    expect(replayHistory(history(steps), { repository: "r", rules: DEFAULT_RULES }).predicted).toBeLessThan(20);
  });

  test("the release's own commit says nothing of its version", () => {
    const steps: [string, string?][] = [
      ["feat: a", "v1.0.0"],
      ["fix: b"],
      ["chore(release): 1.0.1", "v1.0.1"],
      ["chore: c"],
      ["chore(release): 1.1.0", "v1.1.0"],
    ];
    const types = { ...DEFAULT_RULES.types, chore: "minor" as const };
    const rules = { ...DEFAULT_RULES, types };
    expect(replayHistory(history(steps), { repository: "r", rules })).toMatchObject({ transitions: 2, predicted: 2 });
  });

  test("what people decided before a project took up the convention is not fitted to", () => {
    const steps: [string, string?][] = [["begin", "v1.0.0"]];
    const next = (subject: string, raised: "minor" | "patch") => {
      const [minor, patch] = (steps.at(-1)?.[1] ?? "").split(".").slice(1).map(Number) as [number, number];
      steps.push([subject, raised === "minor" ? `v1.${minor + 1}.0` : `v1.${minor}.${patch + 1}`]);
    };
    // By mood: chores went out as features, features as patches.
    for (let n = 0; n < 12; n++) next(n % 2 ? `chore: ${n}` : `feat: ${n}`, n % 2 ? "minor" : "patch");
    for (let n = 0; n < 36; n++) next(n % 3 ? `feat: ${n}` : `fix: ${n}`, n % 3 ? "minor" : "patch");
    const fitted = replayHistory(history(steps), { repository: "r", rules: undefined });
    expect(fitted).toMatchObject({ transitions: 24, predicted: 24 });
    expect(fitted.rules[0]?.rules).toMatchObject({ types: { feat: "minor", fix: "patch" } });
  });

  test("pre-releases that count from 0 are seen to do so", () => {
    const steps: [string, string?][] = [["feat: begin", "v1.0.0"]];
    for (let minor = 1; minor <= 8; minor++) {
      steps.push([`feat: ${minor}`, `v1.${minor}.0-rc.0`], [`fix: ${minor}`, `v1.${minor}.0-rc.1`]);
      steps.push([`docs: ${minor}`, `v1.${minor}.0`]);
    }
    const fitted = replayHistory(history(steps), { repository: "r", rules: undefined });
    expect(fitted).toMatchObject({ transitions: 12, predicted: 12, rules: [{ rules: { prerelease_from: 0 } }] });
  });

  test("pre-releases are predicted on the channel they went to", () => {
    const result = replayHistory(
      history([
        ["feat: a", "v1.0.0"],
        ["feat: b", "v1.1.0-rc.1"],
        ["fix: c", "v1.1.0-rc.2"],
        ["fix: d", "v1.1.0-beta.1"],
        ["fix: e", "v1.1.0"],
      ]),
      { repository: "r", rules: DEFAULT_RULES },
    );
    expect(result).toMatchObject({ transitions: 4, predicted: 4 });
  });
});
