import { describe, expect, test } from "vitest";
import { readConstitution } from "../../../src/constitution/constitution.ts";
import { diagnosticsOf, must } from "./support.ts";

const read = (text: string) => readConstitution(text, { file: "constitution.yaml", commit: "9f3c1d2" });

/** Code, line, marked text and message of each problem. */
function problems(text: string): string[] {
  return diagnosticsOf(read(text)).map(({ code, message, where }) => {
    const span = text.split("\n")[(where?.line ?? 0) - 1]?.slice((where?.column ?? 1) - 1, (where?.endColumn ?? 1) - 1);
    return `${code} ${where?.line} <${span}> ${message}`;
  });
}

/** The marked text of the first problem. */
function marked(text: string): string | undefined {
  const where = diagnosticsOf(read(text))[0]?.where;
  return text.split("\n")[(where?.line ?? 0) - 1]?.slice((where?.column ?? 1) - 1, (where?.endColumn ?? 1) - 1);
}

const rule = (when: string) => `version: 1\nrules:\n  - id: a\n    allow: [git.push]\n    when: ${when}\n`;

describe("a constitution that can be read", () => {
  test("keeps rules in order, with actions expanded and places", () => {
    const constitution = must(
      read("version: 1\nrules:\n  - { id: a, allow: ['git.*'] }\n  - { id: b, deny: ['*'], because: No. }\n"),
    );
    expect(constitution.rules.map(({ id, effect }) => [id, effect])).toEqual([
      ["a", "allow"],
      ["b", "deny"],
    ]);
    expect(constitution.rules[0]?.actions).toEqual(["git.commit", "git.push"]);
    expect(constitution.rules[1]?.place).toMatchObject({ file: "constitution.yaml", line: 4, commit: "9f3c1d2" });
    expect(constitution.rules[1]?.reason).toBe("No.");
  });

  test("may be empty but for its version, and then allows nothing", () => {
    expect(must(read("version: 1\n")).rules).toEqual([]);
  });

  test("limits, model budgets and release conditions become deny rules with their own places", () => {
    const constitution = must(
      read(
        "version: 1\nlimits:\n  heal: { files: 5, model_calls: 2 }\nmodels: { calls_per_day: 9 }\nrelease:\n  requires:\n    - ci.green\n    - { that: scans.clean, because: No holes. }\n",
      ),
    );
    expect(constitution.rules.map(({ id, effect, place, reason }) => [id, effect, place.line, reason])).toEqual([
      ["release.requires.1", "deny", 7, "A release needs ci.green."],
      ["release.requires.2", "deny", 8, "No holes."],
      ["limits.heal.files", "deny", 3, "A heal commit may change 5 files."],
      ["limits.heal.model_calls", "deny", 3, "A heal run may ask a model 2 times."],
      ["models.calls_per_day", "deny", 4, "Models may be asked 9 times in 24 hours."],
    ]);
  });
});

describe("conditions are type-checked where they stand", () => {
  test.each([
    ["product.teir <= 1", "product.teir", "unknown fact product.teir; did you mean product.tier?"],
    ["ci.green && target.brnch.protected", "target.brnch.protected", "did you mean target.branch.protected?"],
    ['target.branch == "main"', "target.branch", "target.branch is a group of facts, not a fact"],
    ['source.branch.name == "main"', "source.branch.name", "source.branch is a text and has no part name"],
    ['product.tier <= "one"', 'product.tier <= "one"', "a whole number <= a text cannot be compared"],
    ["product.tier", "product.tier", "a condition is true or false; this is a whole number"],
    ['product.name.startswith("x")', 'product.name.startswith("x")', "did you mean startsWith?"],
    ["has(ci.green)", "has(ci.green)", "has() cannot be asked"],
    ["nonsense > 1", "nonsense", "unknown fact nonsense"],
    ["run.pillar in nonsense", "nonsense", "unknown fact nonsense"],
    ['product["tier"] == 1', "product", "product is a group of facts"],
    ["change.paths.exists(p, p.startsWith(source.brnach))", "source.brnach", "did you mean source.branch?"],
  ])("%s", (when, span, message) => {
    expect(diagnosticsOf(read(rule(`'${when.replaceAll("'", "''")}'`)))[0]?.message).toContain(message);
    expect(marked(rule(when.includes("[") || when.includes("{") ? `'${when}'` : when))).toBe(span);
  });

  test("all unknown facts of all rules come together", () => {
    const text =
      "version: 1\nrules:\n  - { id: a, allow: [git.push], when: ci.gren && scans.clear }\n  - { id: b, deny: ['*'], when: now.houer > 3 }\n";
    expect(problems(text)).toEqual([
      "constitution.unknown_fact 3 <ci.gren> unknown fact ci.gren; did you mean ci.green?",
      "constitution.unknown_fact 3 <scans.clear> unknown fact scans.clear; did you mean scans.clean?",
      "constitution.unknown_fact 4 <now.houer> unknown fact now.houer; did you mean now.hour?",
    ]);
  });

  test.each([
    ["folded", "when: >-\n      ci.green &&\n      scans.clen", 7, 7],
    ["literal", "when: |\n      ci.green\n      && scans.clen", 7, 10],
    ["double-quoted with escapes", 'when: "source.branch == \\"main\\" && scans.clen"', 5, 41],
    ["single-quoted", "when: 'source.branch == \"it''s\" && scans.clen'", 5, 40],
    ["plain over two lines", "when: ci.green &&\n      scans.clen", 6, 7],
  ])("the place is right inside a %s scalar", (_name, when, line, column) => {
    const text = `version: 1\nrules:\n  - id: a\n    allow: [git.push]\n    ${when}\n`;
    const [first] = diagnosticsOf(read(text));
    expect(first?.code).toBe("constitution.unknown_fact");
    expect([first?.where?.line, first?.where?.column]).toEqual([line, column]);
    expect(marked(text)).toBe("scans.clen");
  });

  test.each([
    ["ci.green and scans.clean", "write && for and"],
    ["product.tier = 1", "write == to compare"],
    ["ci.green or scans.clean", "write || for or"],
  ])("%s hints at CEL's spelling", (when, next) => {
    const [first] = diagnosticsOf(read(rule(when)));
    expect(first).toMatchObject({ code: "constitution.condition_syntax", next });
  });

  test("a condition that ends too early says so at its end", () => {
    const [first] = diagnosticsOf(read(rule("ci.green &&")));
    expect(first?.message).toBe("the condition ends too early");
    expect(first?.where).toMatchObject({ line: 5, column: 21 });
  });

  test("a release condition is checked like a rule's", () => {
    expect(problems("version: 1\nrelease: { requires: [ci.green, scans.clen] }\n")).toEqual([
      "constitution.unknown_fact 2 <scans.clen> unknown fact scans.clen; did you mean scans.clean?",
    ]);
  });

  test("a condition of absurd depth is refused, not run out of stack", () => {
    const [first] = diagnosticsOf(read(rule(`${"(".repeat(5000)}ci.green${")".repeat(5000)}`)));
    expect(first?.code).toBe("constitution.condition_syntax");
  });
});

describe("what else is wrong is said with place and suggestion", () => {
  const one = (text: string) => problems(`version: 1\n${text}`);
  test.each([
    [
      "rules:\n  - { id: a, allow: [package.pubish] }",
      "constitution.unknown_action 3 <package.pubish> unknown action package.pubish; did you mean package.publish?",
    ],
    [
      "rules:\n  - { id: a, allow: ['gti.*'] }",
      "constitution.unknown_action 3 <'gti.*'> unknown action gti.*; did you mean git.*?",
    ],
    [
      "rules:\n  - { id: a, allow: ['*'] }\n  - { id: a, deny: ['*'] }",
      "constitution.duplicate_rule 4 <a> the rule id a is used twice; first on line 3",
    ],
    [
      "rules:\n  - { id: a, allow: ['*'], deny: ['*'] }",
      "constitution.rule_effect 3 <a> a has allow and deny; a rule has one",
    ],
    ["rules:\n  - { id: a }", "constitution.rule_effect 3 <a> a does nothing"],
    ["rules:\n  - { id: a, ask: ['*'] }", "constitution.ask_of 3 <['*']> a asks nobody"],
    [
      "groups: { owners: [ann] }\nrules:\n  - { id: a, ask: ['*'], of: { group: owner } }",
      "constitution.unknown_group 4 <owner> unknown group owner; did you mean owners?",
    ],
    [
      "groups: { owners: [ann, ann] }\nrules:\n  - { id: a, ask: ['*'], of: { group: owners, count: 2 } }",
      "constitution.group_too_small 4 <2> owners has 1 members; 2 can never agree",
    ],
    ["time_zone: Europe/Berln", "constitution.time_zone 2 <Europe/Berln> unknown time zone Europe/Berln"],
    ["rulez: []", "constitution.unknown_key 2 <rulez> unknown key rulez; did you mean rules?"],
    [
      "rules:\n  - { id: no-match, allow: ['*'] }",
      "constitution.reserved_rule 3 <no-match> the rule id no-match is reserved",
    ],
    [
      "audit: { include: [decisions] }",
      "constitution.audit_include 2 <[decisions]> audit.include cannot leave out effects",
    ],
    [
      "tests:\n  - { given: { action: git.psh }, expect: deny }",
      "constitution.unknown_action 3 <git.psh> unknown action git.psh; did you mean git.push?",
    ],
    [
      "tests:\n  - { given: { action: git.push, product: { teir: 1 } }, expect: deny }",
      "constitution.unknown_fact 3 <1> unknown fact product.teir; did you mean product.tier?",
    ],
    [
      "tests:\n  - { given: { action: git.push, product: { tier: low } }, expect: deny }",
      "constitution.wrong_type 3 <low> product.tier is of type int",
    ],
    [
      "tests:\n  - { given: { action: git.push }, expect: { deny: nobody } }",
      "constitution.unknown_rule 3 <nobody> no rule nobody",
    ],
  ])("%s", (text, expected) => {
    expect(one(text)).toContain(expected);
  });

  test.each([
    ["security: { waivers: [{ id: CVE-1, until: 2026-02-30, because: x, by: y }] }", "not a day of the calendar"],
    ["audit: { keep: forever }", "a span of time such as 30m"],
    ["limits: { heal: { lines: -1 } }", "limits.heal.lines"],
    ["limits: { haal: { lines: 1 } }", "haal"],
    ["version: 2", "the key version stands twice"],
  ])("%s", (text, words) => {
    expect(one(text).join("\n")).toContain(words);
  });

  test.each([
    ["duplicate keys", "version: 1\nversion: 1\n"],
    [
      "an alias bomb",
      `version: 1\na: &a [x,x]\n${[..."bcdefgh"].map((c, i) => `${c}: &${c} [${`*${"abcdefgh"[i]},`.repeat(9)}]`).join("\n")}\n`,
    ],
    ["10 MB", `version: 1\nprinciples: ["${"x".repeat(10_000_000)}"]\n`],
    ["a list", "- version: 1\n"],
    ["no YAML", "version: [1\n"],
    ["nothing", ""],
  ])("%s is a diagnostic, not a crash", (_name, text) => {
    expect(diagnosticsOf(read(text)).every(({ code }) => code.startsWith("constitution."))).toBe(true);
  });
});
