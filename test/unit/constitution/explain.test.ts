import { describe, expect, test } from "vitest";
import { readConstitution } from "../../../src/constitution/constitution.ts";
import { explain } from "../../../src/constitution/explain.ts";
import { explanationLines } from "../../../src/constitution/explain-text.ts";
import { establish, mergeFacts } from "../../../src/constitution/probe.ts";
import type { ActionName } from "../../../src/core/action.ts";
import type { Facts } from "../../../src/core/facts.ts";
import { constitution, facts, must } from "./support.ts";

const TEXT = `version: 1
time_zone: Europe/Berlin
groups: { release-managers: [ann, bob] }
rules:
  - id: releases-from-main
    allow: [release.tag, package.publish]
    when: source.branch == "main" && ci.green && (scans.clean || product.tier > 2)
  - id: no-friday-releases
    deny: [release.tag, package.publish]
    when: now.weekday == "Friday" && product.tier <= 1
    because: Nobody is here on Saturday.
  - id: frozen
    deny: [package.publish]
    when: now.date >= "2027-06-01" && now.date < "2027-06-04"
  - id: production-needs-a-person
    ask: [service.deploy]
    of: { group: release-managers, count: 2 }
    when: target.environment == "production"
`;
const POLICY = must(readConstitution(TEXT, { file: "constitution.yaml", commit: "9f3c1d2".padEnd(40, "0") }));
const TIER = establish("spec", "tier: 1", { "product.tier": 1 }, { file: "payments/SPEC.md", line: 4 });
const FRIDAY = Date.parse("2026-11-20T13:05:00Z");

const lines = (action: ActionName, known: Facts, now = FRIDAY) =>
  explanationLines(explain(POLICY, action, known, { now }));

describe("a deny is explained", () => {
  test("by the rule, its place and commit, the value of each part, and when it ends", () => {
    const branch = establish("git.state", "x", { "source.branch": "main" });
    expect(lines("package.publish", mergeFacts(TIER, branch))).toEqual([
      "denied by no-friday-releases (constitution.yaml:8 at 9f3c1d2): Nobody is here on Saturday.",
      '  now.weekday == "Friday"   true    (Fri 20 Nov 2026 14:05, Europe/Berlin)',
      "  product.tier <= 1         true    (product.tier is 1: payments/SPEC.md:4)",
      "allowed again from Sat 21 Nov 2026 00:00 (by releases-from-main, if ci.green and (scans.clean || product.tier > 2))",
      'not denied by no-friday-releases once one of these is false: now.weekday == "Friday"; product.tier <= 1',
    ]);
  });
  test("without an if, where everything else is known to be well", () => {
    const well = establish("p", "", { "source.branch": "main", "ci.green": true, "scans.clean": true });
    const explanation = explain(POLICY, "release.tag", mergeFacts(TIER, well), { now: FRIDAY });
    expect(explanation.next).toMatchObject({
      at: Date.parse("2026-11-20T23:00:00Z"),
      answer: "allow",
      rule: { id: "releases-from-main" },
    });
    expect(explanationLines(explanation)).toContain("allowed again from Sat 21 Nov 2026 00:00 (by releases-from-main)");
  });
  test("by what nobody knows", () => {
    const text = lines("release.tag", facts({ "source.branch": "main", "ci.green": true })).join("\n");
    expect(text).toContain("(It counts because product.tier is unknown.)");
    expect(text).toContain("product.tier <= 1         unknown (nobody established product.tier)");
    expect(text).toContain(
      "what nobody knows counts against it:\n  product.tier   how critical the product is; 0 is the most critical",
    );
    // What would let it through, where the unknown turns out well.
    expect(text).toContain(
      "if nothing of that stands against it:\nreleases-from-main (constitution.yaml:5 at 9f3c1d2) would allow it, with\n",
    );
  });
  test("by one rule in full, however many more know nothing", () => {
    const policy = constitution(
      `- { id: tests, deny: [git.commit], when: change.weakens_tests }\n- { id: fine, allow: [git.commit] }`,
      "limits: { heal: { files: 5, lines: 120 } }",
    );
    const text = explanationLines(explain(policy, "git.commit", facts({ "run.pillar": "heal" }), { now: FRIDAY }));
    expect(text.filter((line) => line.includes("limits."))).toEqual([
      "also denied, as long as nobody knows what they ask, by limits.heal.files, limits.heal.lines",
    ]);
    expect(text.join("\n")).toMatch(/fine \(.+\) would allow it$/m);
  });
  test("together with the other rules that also deny", () => {
    const day = Date.parse("2027-06-04T05:00:00Z"); // a Friday; the freeze ended the day before
    const during = Date.parse("2027-06-03T05:00:00Z");
    expect(lines("package.publish", TIER, day)[0]).toContain("no-friday-releases");
    const explanation = explain(POLICY, "package.publish", TIER, { now: during });
    expect(explanation.decided.map(({ rule }) => rule.id)).toEqual(["frozen"]);
    // Thursday's freeze gives way to Friday's rule.
    expect(explanation.next).toMatchObject({ answer: "deny", rule: { id: "no-friday-releases" } });
    expect(explanationLines(explanation)).toContain("denied from Fri 4 Jun 2027 00:00 (by no-friday-releases)");
  });
});

describe("when nothing matches", () => {
  test("the nearest rule and what it lacks are shown", () => {
    const monday = Date.parse("2026-11-16T09:00:00Z");
    const text = lines("package.publish", mergeFacts(TIER, establish("ci", "", { "ci.green": false })), monday);
    expect(text).toEqual([
      "denied: No rule allows it.",
      "releases-from-main (constitution.yaml:5 at 9f3c1d2) would allow it, with",
      '  source.branch == "main"           unknown (nobody established source.branch)',
      "  ci.green                          false   (ci.green is false, seen by ci)",
      "  scans.clean || product.tier > 2   unknown",
      "    scans.clean        unknown (nobody established scans.clean)",
      "    product.tier > 2   false   (product.tier is 1: payments/SPEC.md:4)",
      "denied from Fri 20 Nov 2026 00:00 (by no-friday-releases)",
      'allowed by releases-from-main once source.branch == "main" and ci.green and (scans.clean || product.tier > 2)',
      "what nobody knows yet:",
      "  source.branch   the branch the change or release comes from",
      "  scans.clean     every configured scan ran and found nothing over the threshold that is not waived",
    ]);
  });
  test("an action that no rule names says so", () => {
    expect(lines("browser.run", {})).toEqual([
      "denied: No rule allows it.",
      "  no rule names this action under allow or ask; one that does would have to be added",
    ]);
  });
});

test("an ask says who and how many", () => {
  expect(lines("service.deploy", establish("p", "", { "target.environment": "production" }))).toEqual([
    "people are asked by production-needs-a-person (constitution.yaml:15 at 9f3c1d2): 2 people of release-managers must agree.",
    '  target.environment == "production"   true    (target.environment is production, seen by p)',
    "allowed once 2 of release-managers, other than who asks, agree",
  ]);
});

test("an allow says why, and until when", () => {
  const thursday = Date.parse("2026-11-19T10:00:00Z");
  const well = establish("p", "", { "source.branch": "main", "ci.green": true, "scans.clean": true });
  const text = lines("release.tag", mergeFacts(TIER, well), thursday);
  expect(text[0]).toBe(
    "allowed by releases-from-main (constitution.yaml:5 at 9f3c1d2): The rule releases-from-main allows it.",
  );
  expect(text.at(-1)).toBe("denied from Fri 20 Nov 2026 00:00 (by no-friday-releases)");
});

test("an expression that fails says why", () => {
  const policy = constitution(`- { id: no, deny: [git.push], when: 'change.paths[5] == "x"' }`);
  const explanation = explain(policy, "git.push", facts({ "change.paths": ["a"] }), { now: FRIDAY });
  expect(explanation.decided[0]?.parts[0]).toMatchObject({ value: undefined, error: expect.stringContaining("5") });
});

test("the end of a long freeze is found, to the quarter of an hour", () => {
  const now = Date.parse("2027-05-31T22:50:00Z");
  const policy = constitution(
    `- { id: no, deny: [git.push], when: 'now.date < "2027-09-01" || now.hour < 9' }\n- { id: a, allow: [git.push] }`,
    "time_zone: Asia/Kolkata",
  );
  const explanation = explain(policy, "git.push", {}, { now });
  expect(new Date(explanation.next?.at ?? 0).toISOString()).toBe("2027-09-01T03:30:00.000Z");
});

test("a rule without time has no next time", () => {
  expect(explain(POLICY, "service.deploy", {}, { now: FRIDAY }).next).toBeUndefined();
});
