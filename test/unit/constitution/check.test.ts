import { describe, expect, test } from "vitest";
import { checkConstitution } from "../../../src/constitution/check.ts";
import { readConstitution } from "../../../src/constitution/constitution.ts";
import { defaultConstitution } from "../../../src/constitution/default.ts";
import { constitution, must } from "./support.ts";

const TODAY = "2026-11-20";
const GROUPS = "groups: { g: [ann], h: [bob] }";
const check = (rules: string, rest = GROUPS) => checkConstitution(constitution(rules, rest), () => TODAY);
/** Code, line and message of what concerns rules. */
const found = (rules: string, rest?: string) =>
  check(rules, rest)
    .diagnostics.filter(({ severity }) => severity !== "note")
    .map(({ code, where, message }) => `${code} ${where?.line} ${message}`);

describe("rules that cannot do anything are found", () => {
  test.each([
    [
      "a condition that contradicts itself",
      "- { id: a, allow: [git.push], when: product.tier < 1 && product.tier > 2 }",
      "constitution.unreachable 3 a can never match: its condition can never hold",
    ],
    [
      "two texts at once",
      `- { id: a, allow: [git.push], when: 'run.pillar == "heal" && !(run.pillar in ["heal", "docs"])' }`,
      "constitution.unreachable 3 a can never match: its condition can never hold",
    ],
    [
      "an hour that no day has",
      "- { id: a, deny: [git.push], when: now.hour > 23 }",
      "constitution.unreachable 3 a can never match: its condition can never hold",
    ],
    [
      "a weekday that no week has",
      `- { id: a, allow: [git.push], when: 'now.weekday == "Fryday"' }`,
      "constitution.unreachable 3 a can never match: its condition can never hold",
    ],
    [
      "fewer than none",
      "- { id: a, allow: [git.push], when: change.lines < 0 || coverage.percent > 100.0 }",
      "constitution.unreachable 3 a can never match: its condition can never hold",
    ],
    [
      "a deny that contradicts itself, which still matches what is unknown",
      "- { id: a, deny: [git.push], when: ci.green && !ci.green }",
      "constitution.shadowed 3 a matches only where a fact is unknown: its condition can never hold",
    ],
    [
      "an allow under a deny of everything it matches",
      "- { id: no, deny: ['git.*'], when: product.tier <= 1 }\n- { id: a, allow: [git.push], when: product.tier == 0 && ci.green }",
      "constitution.unreachable 4 a can never decide: all it matches is denied by no",
    ],
    [
      "an ask under a deny without a condition",
      "- { id: no, deny: ['*'] }\n- { id: a, ask: [git.push], of: { group: g } }",
      "constitution.unreachable 4 a can never decide: all it matches is denied by no",
    ],
    [
      "an allow under an ask, whatever the order",
      "- { id: a, allow: [git.push], when: ci.green }\n- { id: who, ask: [git.push], of: { group: g } }",
      "constitution.unreachable 3 a can never decide: all it matches is asked about by who",
    ],
    [
      "an allow under a limit",
      '- { id: a, allow: [git.commit], when: run.pillar == "heal" && change.files >= 10 }',
      "constitution.unreachable 3 a can never decide: all it matches is denied by limits.heal.files",
      "limits: { heal: { files: 5 } }",
    ],
    [
      "different denies for different actions",
      "- { id: x, deny: [git.push] }\n- { id: y, deny: [git.commit] }\n- { id: a, allow: ['git.*'] }",
      "constitution.unreachable 5 a can never decide: all it matches is denied by x and y",
    ],
    [
      "an allow that an earlier one makes superfluous",
      "- { id: a, allow: ['git.*'], when: ci.green || scans.clean }\n- { id: b, allow: [git.push], when: ci.green && product.tier > 1 }",
      "constitution.shadowed 4 b adds nothing: all it matches is matched before by a",
    ],
    [
      "a deny twice",
      "- { id: a, deny: [git.push], when: 'change.paths.exists(p, p == \"x\")' }\n- { id: b, deny: [git.push], when: 'change.paths.exists(p, p == \"x\") && ci.green' }",
      "constitution.shadowed 4 b adds nothing: all it matches is matched before by a",
    ],
  ])("%s", (_name, rules, message, rest?: string) => {
    expect(found(rules, rest)).toEqual([message]);
  });
});

describe("rules that can do something are left in peace", () => {
  test.each([
    [
      "a deny that takes only part",
      "- { id: no, deny: [git.push], when: product.tier <= 1 }\n- { id: a, allow: [git.push], when: product.tier <= 2 }",
    ],
    ["one of two actions", "- { id: no, deny: [git.push] }\n- { id: a, allow: [git.push, git.commit] }"],
    [
      "the next whole number",
      "- { id: no, deny: [git.push], when: product.tier < 1 }\n- { id: a, allow: [git.push], when: product.tier <= 1 && product.tier > 0 }",
    ],
    ["between two numbers", "- { id: a, allow: [git.push], when: coverage.percent > 80.1 && coverage.percent < 80.2 }"],
    [
      "functions, of which nothing is known",
      `- { id: no, deny: [git.push], when: 'source.branch.startsWith("a")' }\n- { id: a, allow: [git.push], when: 'source.branch == "b"' }`,
    ],
    ["texts in order", `- { id: a, allow: [git.push], when: 'now.date > "2026-01-01" && now.date < "2026-01-03"' }`],
    [
      "two facts beside each other",
      "- { id: no, deny: [git.push], when: change.files > change.lines }\n- { id: a, allow: [git.push], when: change.files > 3 }",
    ],
    [
      "asks of different groups",
      "- { id: a, ask: [git.push], of: { group: g } }\n- { id: b, ask: [git.push], of: { group: h }, when: ci.green }",
    ],
    [
      "any other text",
      `- { id: no, deny: [git.push], when: 'run.pillar == "heal"' }\n- { id: a, allow: [git.push], when: 'run.pillar != "docs"' }`,
    ],
  ])("%s", (_name, rules) => {
    expect(found(rules)).toEqual([]);
  });

  test("more facts than can be tried are no reason to wait or to guess", () => {
    const facts = [
      "change.files",
      "change.lines",
      "run.attempt",
      "run.minutes",
      "product.tier",
      "now.hour",
      "release.commits",
    ];
    const when = facts.map((name) => `(${name} > 1 && ${name} < 9 && ${name} != 5)`).join(" && ");
    const started = performance.now();
    expect(found(`- { id: a, allow: [git.push], when: ${when} }`)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

test("actions that nothing allows are told", () => {
  const report = check(
    "- { id: a, allow: ['git.*'] }\n- { id: b, ask: [release.tag], of: { group: g } }\n- { id: no, deny: [git.push] }",
  );
  expect(report.neverAllowed).not.toContain("git.commit");
  expect(report.neverAllowed).not.toContain("release.tag");
  expect(report.neverAllowed).toEqual(expect.arrayContaining(["package.publish", "secret.read"]));
  const dead = check("- { id: no, deny: [git.push] }\n- { id: a, allow: [git.push] }");
  expect(dead.neverAllowed).toContain("git.push");
});

test("a waiver whose time is over is a warning at its date", () => {
  const policy =
    "security: { waivers: [{ id: CVE-1, until: 2026-11-19, because: x, by: ann }, { id: CVE-2, until: 2026-11-20, because: x, by: ann }] }";
  expect(found("[]", policy)).toEqual(["constitution.waiver_expired 4 the waiver of CVE-1 ended on 2026-11-19"]);
});

describe("the tests of a constitution are run", () => {
  const RULES =
    '- { id: may, allow: [git.push], when: ci.green }\n- { id: no, deny: [git.push], when: now.weekday == "Friday" }\n- { id: who, ask: [git.commit], of: { group: g } }';
  const run = (given: string, expected: string) =>
    check(RULES, `${GROUPS}\ntests:\n  - { name: it, given: ${given}, expect: ${expected} }`).tests[0]?.passed;
  test.each([
    ["{ action: git.push, ci: { green: true }, now: { weekday: Monday } }", "{ allow: may }", true],
    ["{ action: git.push, ci.green: true, now.weekday: Monday }", "allow", true],
    ["{ action: git.push, ci: { green: true }, now: { weekday: Friday } }", "{ deny: no }", true],
    ["{ action: git.push, ci: { green: true } }", "{ deny: no }", true],
    ["{ action: git.push, now: { weekday: Monday } }", "{ deny: no-match }", true],
    ["{ action: git.commit }", "{ ask: who }", true],
    ["{ action: git.push, now: { weekday: Monday } }", "{ deny: no }", false],
    ["{ action: git.push, now: { weekday: Friday } }", "allow", false],
    ["{ action: git.commit }", "{ allow: who }", false],
  ])("%s expects %s: %s", (given, expected, passed) => {
    expect(run(given, expected)).toBe(passed);
  });
  test("a failing one is an error that says what came instead, where it stands", () => {
    const [first] = check(
      RULES,
      `${GROUPS}\ntests:\n  - { name: fridays, given: { action: git.commit }, expect: allow }`,
    ).diagnostics;
    expect(first).toMatchObject({
      code: "constitution.test_failed",
      severity: "error",
      message: "fridays: expected allow, got ask by who",
      where: { line: 8 },
    });
  });
});

describe("the first constitution", () => {
  test.each([
    ["UTC", true],
    ["Europe/Berlin", false],
    ["America/Argentina/Buenos_Aires", true],
  ])("is whole in %s, with a scanner (%s) and without: no errors, no warnings, all tests pass", (timeZone, scanner) => {
    const text = defaultConstitution({ timeZone, people: ["ann o'neil", 'bob "b" jones'], scanner });
    const policy = must(readConstitution(text, { file: "constitution.yaml" }));
    const report = checkConstitution(policy, () => TODAY);
    expect(report.diagnostics.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(report.tests.length).toBeGreaterThan(5);
    expect(report.tests.filter(({ passed }) => !passed)).toEqual([]);
    expect(policy.document.release.requires.map((one) => (typeof one === "string" ? one : one.that))).toEqual(
      scanner ? ["scans.clean && !scans.stale"] : [],
    );
    expect(policy.document.groups["release-managers"]).toEqual(["ann o'neil", 'bob "b" jones']);
  });
});
