import { describe, expect, test } from "vitest";
import { decide } from "../../../src/constitution/decide.ts";
import { constitution, facts } from "./support.ts";

const RULES = `
- { id: may, allow: [git.push], when: ci.green }
- { id: ask-ann, ask: [git.push], of: { group: g }, when: product.tier == 0 }
- { id: ask-bob, ask: ['git.*'], of: { group: h }, when: change.files > 10 }
- { id: never, deny: [git.push], when: now.weekday == "Friday" && product.tier <= 1 }
- { id: never-ever, deny: ['*'], when: source.branch == "evil" }
`;
const POLICY = constitution(RULES, "groups: { g: [ann], h: [bob] }");
const QUIET = {
  "ci.green": true,
  "product.tier": 2,
  "change.files": 1,
  "now.weekday": "Monday",
  "source.branch": "main",
} as const;
const ask = (values: Parameters<typeof facts>[0]) => {
  const { answer, rule, certain, asks } = decide(POLICY, "git.push", facts(values));
  return { answer, rule: rule?.id, certain, asks: asks.map(({ id }) => id) };
};

describe("deny beats ask beats allow; no match is deny", () => {
  test("allow", () => {
    expect(ask(QUIET)).toEqual({ answer: "allow", rule: "may", certain: true, asks: [] });
  });
  test("no rule matches", () => {
    expect(ask({ ...QUIET, "ci.green": false })).toEqual({ answer: "deny", rule: undefined, certain: true, asks: [] });
    expect(decide(POLICY, "browser.run", facts(QUIET)).answer).toBe("deny");
  });
  test("ask beats allow, and every asking rule is named", () => {
    expect(ask({ ...QUIET, "product.tier": 0, "change.files": 11 })).toMatchObject({
      answer: "ask",
      rule: "ask-ann",
      asks: ["ask-ann", "ask-bob"],
    });
  });
  test("deny beats ask", () => {
    expect(ask({ ...QUIET, "product.tier": 0, "now.weekday": "Friday" })).toMatchObject({
      answer: "deny",
      rule: "never",
    });
  });
});

describe("what is unknown", () => {
  const without = (name: keyof typeof QUIET, more: Parameters<typeof facts>[0] = {}) => {
    const { [name]: _, ...rest } = QUIET;
    return ask({ ...rest, ...more });
  };
  test("makes an allow not match", () => {
    expect(without("ci.green")).toMatchObject({ answer: "deny", rule: undefined });
  });
  test("makes an ask match, so that a person is asked", () => {
    expect(without("change.files")).toEqual({ answer: "ask", rule: "ask-bob", certain: false, asks: ["ask-bob"] });
  });
  test("makes an ask count beside one that matches for certain", () => {
    expect(without("change.files", { "product.tier": 0 })).toMatchObject({
      rule: "ask-ann",
      asks: ["ask-ann", "ask-bob"],
    });
  });
  test("makes a deny match, and the answer says what is missing", () => {
    expect(without("source.branch")).toMatchObject({ answer: "deny", rule: "never-ever", certain: false });
    const { "source.branch": _, ...rest } = QUIET;
    const answer = decide(POLICY, "git.push", facts(rest));
    expect(answer.unknown).toEqual(["source.branch"]);
    expect(answer.reason).toContain("source.branch is unknown");
  });
  test("does not matter where another part settles the condition", () => {
    // now.weekday is unknown, but the tier alone makes `never` false.
    expect(without("now.weekday")).toMatchObject({ answer: "allow", rule: "may" });
  });
  test("a deny that holds for certain decides before one that only may", () => {
    const { "source.branch": _, ...rest } = QUIET;
    expect(ask({ ...rest, "product.tier": 1, "now.weekday": "Friday" })).toMatchObject({
      rule: "never",
      certain: true,
    });
  });
  test("a deny whose condition fails to compute matches, an allow does not", () => {
    const policy = constitution(`
- { id: may, allow: [git.push], when: 'change.paths[3] == "x"' }
- { id: always, allow: [git.commit] }
- { id: not, deny: [git.commit], when: 'change.paths[3] == "x"' }
`);
    const short = facts({ "change.paths": ["x"] });
    expect(decide(policy, "git.push", short).rule).toBeUndefined();
    expect(decide(policy, "git.commit", short)).toMatchObject({ answer: "deny", rule: { id: "not" }, certain: false });
  });
});

describe("conditions", () => {
  const holds = (when: string, values: Parameters<typeof facts>[0]) =>
    decide(constitution(`- { id: a, allow: [git.push], when: '${when}' }`), "git.push", facts(values)).answer ===
    "allow";
  test.each([
    ["product.tier <= 1", { "product.tier": 1 }, true],
    ["coverage.percent >= 80", { "coverage.percent": 79.9 }, false],
    ["coverage.percent >= 80", { "coverage.percent": 80 }, true],
    ['run.pillar in ["heal", "docs"]', { "run.pillar": "docs" }, true],
    ['change.paths.exists(p, p.startsWith("src/"))', { "change.paths": ["docs/a", "src/b"] }, true],
    ['change.paths.all(p, p.endsWith(".md"))', { "change.paths": ["a.md", "b.ts"] }, false],
    ["size(change.protected) == 0", { "change.protected": [] }, true],
    [
      "(change.files + 1) * 2 > 6 && !(ci.green || scans.clean)",
      { "change.files": 3, "ci.green": false, "scans.clean": false },
      true,
    ],
    ["ci.green ? product.tier > 0 : product.tier > 1", { "ci.green": false, "product.tier": 1 }, false],
    ["fix.trust > 0.1234567891 && fix.trust < 0.1234567893", { "fix.trust": 0.1234567892 }, true],
    ["!target.branch.protected", { "target.branch.protected": false }, true],
    ['target.branch.name.matches("^heal/[a-z-]+$")', { "target.branch.name": "heal/x-y" }, true],
    ['source.branch == "a)b" && (source.branch != "(")', { "source.branch": "a)b" }, true],
    ['now.date >= "2026-12-20" && now.date <= "2027-01-06"', { "now.date": "2026-12-24" }, true],
  ] as const)("%s with %o is %s", (when, values, expected) => {
    expect(holds(when, values)).toBe(expected);
  });
});
