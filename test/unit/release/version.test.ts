import fc from "fast-check";
import { parse, SemVer } from "semver";
import { describe, expect, test } from "vitest";
import { nextCalendarVersion } from "../../../src/pillars/release/calver.ts";
import { parseTag, prefixFor } from "../../../src/pillars/release/tags.ts";
import { nextVersion } from "../../../src/pillars/release/version.ts";
import { calendarProblem, DEFAULT_RULES, type Level, type Rules } from "../../../src/pipeline/release-rules.ts";

interface Case {
  last?: string;
  existing?: string[];
  reached?: string[];
  level?: Level;
  channel?: string;
  releaseAs?: string;
  manifest?: string;
  rules?: Partial<Rules>;
  at?: number;
}

function next({ last, existing, reached, level = "patch", rules, at, ...rest }: Case): string | undefined {
  const outcome = nextVersion(
    {
      lastStable: last === undefined ? undefined : new SemVer(last),
      existing: existing ?? (last === undefined ? [] : [last]),
      reached: reached ?? existing ?? [],
      level,
      channel: undefined,
      releaseAs: undefined,
      manifest: undefined,
      at: at ?? 0,
      ...rest,
    },
    { ...DEFAULT_RULES, ...rules },
  );
  return outcome.ok ? outcome.value?.version : outcome.diagnostics[0]?.code;
}

describe("semantic versions", () => {
  test.each([
    ["1.4.2", "patch", "1.4.3"],
    ["1.4.2", "minor", "1.5.0"],
    ["1.4.2", "major", "2.0.0"],
    ["1.4.2", "none", undefined],
    ["0.3.1", "major", "0.4.0"],
    ["0.3.1", "minor", "0.4.0"],
    ["0.3.1", "patch", "0.3.2"],
  ] as const)("%s and %s make %s", (last, level, wanted) => {
    expect(next({ last, level })).toBe(wanted);
  });

  test("before 1.0.0 the rules decide", () => {
    expect(next({ last: "0.3.1", level: "major", rules: { zero: "major" } })).toBe("1.0.0");
    expect(next({ last: "0.3.1", level: "minor", rules: { zero: "patch" } })).toBe("0.3.2");
    expect(next({ last: "0.3.1", level: "major", rules: { zero: "patch" } })).toBe("0.4.0");
  });

  test("a first release takes the manifest's version, or 1.0.0", () => {
    expect(next({ manifest: "0.1.0" })).toBe("0.1.0");
    expect(next({ manifest: "0.0.0" })).toBe("1.0.0");
    expect(next({})).toBe("1.0.0");
    expect(next({ level: "none" })).toBeUndefined();
  });

  test("whatever the level, the next version is higher and a release again", () => {
    const number = fc.nat({ max: 500 });
    fc.assert(
      fc.property(
        fc.tuple(number, number, number),
        fc.constantFrom<Level>("patch", "minor", "major"),
        fc.constantFrom<Rules["zero"]>("major", "minor", "patch"),
        fc.option(fc.constantFrom("alpha", "rc")),
        ([major, minor, patch], level, zero, channel) => {
          const last = `${major}.${minor}.${patch}`;
          const version = next({ last, level, rules: { zero }, ...(channel ? { channel } : {}) });
          const parsed = parse(version);
          expect(parsed?.compare(last)).toBe(1);
          expect(parsed?.prerelease.length).toBe(channel ? 2 : 0);
        },
      ),
    );
  });
});

describe("pre-releases", () => {
  test("count on, and follow a higher level", () => {
    expect(next({ last: "1.4.2", level: "minor", channel: "rc" })).toBe("1.5.0-rc.1");
    expect(
      next({ last: "1.4.2", existing: ["1.4.2", "1.5.0-rc.1", "1.5.0-rc.2"], level: "minor", channel: "rc" }),
    ).toBe("1.5.0-rc.3");
    expect(next({ last: "1.4.2", existing: ["1.4.2", "1.5.0-rc.2"], level: "major", channel: "rc" })).toBe(
      "2.0.0-rc.1",
    );
    expect(next({ last: "1.4.2", existing: ["1.4.2", "2.0.0-rc.1"], level: "patch", channel: "rc" })).toBe(
      "2.0.0-rc.2",
    );
  });

  test("channels count for themselves, and the stable version ends them", () => {
    expect(next({ last: "1.4.2", existing: ["1.4.2", "1.5.0-alpha.4"], level: "minor", channel: "rc" })).toBe(
      "1.5.0-rc.1",
    );
    expect(next({ last: "1.4.2", existing: ["1.4.2", "1.5.0-rc.4"], level: "minor" })).toBe("1.5.0");
    expect(next({ existing: ["1.0.0-beta.3"] })).toBe("1.0.0");
    expect(next({ existing: ["1.0.0-beta.3"], channel: "beta" })).toBe("1.0.0-beta.4");
  });

  test("of another branch are counted, but are no aim of this one", () => {
    const elsewhere = { last: "1.4.2", existing: ["1.4.2", "2.1.0-beta.1", "1.4.3-beta.1"], reached: [] };
    expect(next({ ...elsewhere, level: "patch", channel: "beta" })).toBe("1.4.3-beta.2");
    expect(next({ existing: ["2.0.0-beta.1"], reached: [] })).toBe("1.0.0");
  });
});

describe("Release-As", () => {
  test("on a channel is what its pre-releases lead to", () => {
    const asked = { last: "1.4.2", channel: "beta", releaseAs: "3.0.0" };
    expect(next(asked)).toBe("3.0.0-beta.1");
    expect(next({ ...asked, existing: ["1.4.2", "3.0.0-beta.1", "4.0.0-beta.1"] })).toBe("3.0.0-beta.2");
    expect(next({ ...asked, releaseAs: "3.0.0-rc.7" })).toBe("3.0.0-rc.7");
  });
  test("decides alone", () => {
    expect(next({ last: "1.4.2", level: "none", releaseAs: "3.0.0" })).toBe("3.0.0");
  });
  test("must be a version, and a newer one", () => {
    expect(next({ last: "1.4.2", releaseAs: "soon\u001b[31m" })).toBe("release.release_as_invalid");
    expect(next({ last: "1.4.2", releaseAs: "1.4.2" })).toBe("release.release_as_not_newer");
  });
});

describe("calendar versions", () => {
  const at = Date.UTC(2026, 0, 5);
  test.each([
    ["YYYY.MM.MICRO", [], "2026.1.0"],
    ["YYYY.0M.MICRO", ["2026.01.0", "2026.01.1", "2025.12.9"], "2026.01.2"],
    ["YY.MM.DD", [], "26.1.5"],
    ["YYYY.WW.PATCH", [], "2026.2.0"],
    ["YYYY.MM.DD", ["2026.1.5"], "release.calver_taken"],
    ["YYYY-MM", [], "release.calver_format"],
  ] as const)("%s after %j", (calver, existing, wanted) => {
    expect(next({ existing: [...existing], rules: { calver }, at })).toBe(wanted);
  });
});

test("a calendar format without a counter is told one that is valid", () => {
  const taken = nextCalendarVersion("YYYY.MM.DD", Date.UTC(2026, 0, 5), ["2026.1.5"]);
  const advice = taken.ok ? "" : (taken.diagnostics[0]?.next ?? "");
  const format = /YYYY\S*$/.exec(advice)?.[0] ?? "";
  expect(calendarProblem(format)).toBeUndefined();
  expect(nextCalendarVersion(format, Date.UTC(2026, 0, 5), ["2026.1.5"])).toMatchObject({ value: "2026.1.6" });
});

describe("tags", () => {
  test.each([
    ["v1.2.3", "v", "", "1.2.3"],
    ["1.2.3", "", "", "1.2.3"],
    ["pkg@1.2.3", "pkg@", "pkg", "1.2.3"],
    ["pkg-v1.2.3", "pkg-v", "pkg", "1.2.3"],
    ["@acme/pkg@1.2.3-rc.1", "@acme/pkg@", "@acme/pkg", "1.2.3-rc.1"],
    ["pkg/v1.2.3", "pkg/v", "pkg", "1.2.3"],
    ["release-1.2.3", "release-", "", "1.2.3"],
    ["dev1.2.3", "dev", "dev", "1.2.3"],
    ["2026.01.0", "", "", "2026.1.0"],
    ["1.5.0rc1", "", "", "1.5.0-rc.1"],
    ["v1.2", "v", "", "1.2.0"],
  ])("%s", (tag, prefix, series, version) => {
    const parsed = parseTag(tag, "c");
    expect([parsed?.prefix, parsed?.series, parsed?.version.version]).toEqual([prefix, series, version]);
  });

  test.each(["latest", "v1", "nightly-2026", "", "1.2.3.4.5", "v1.2.3_"])("%j is no release", (tag) => {
    expect(parseTag(tag, "c")).toBeUndefined();
  });

  test("the next tag is spelled like the newest one", () => {
    const tags = ["1.0.0", "v2.0.0", "a@1.0.0"].map((tag) => parseTag(tag, "c")).filter((tag) => tag !== undefined);
    expect(prefixFor("", tags)).toBe("v");
    expect(prefixFor("a", tags)).toBe("a@");
    expect(prefixFor("b", tags)).toBe("b@");
    expect(prefixFor("", [])).toBe("v");
  });
});
