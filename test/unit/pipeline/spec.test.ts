import { describe, expect, it } from "vitest";
import { readSpec } from "../../../src/pipeline/spec.ts";

const FRONT = `product: payments
company: acme`;

function spec(front: string, body = "") {
  return readSpec(`---\n${front}\n---\n${body}`, { file: "SPEC.md" });
}

function problems(front: string, body = "") {
  const read = spec(front, body);
  if (read.ok) throw new Error("expected problems");
  return read.diagnostics.map((one) => ({
    code: one.code,
    message: one.message,
    line: one.where?.line,
    column: one.where?.column,
    next: one.next,
  }));
}

function value(front: string, body = "") {
  const read = spec(front, body);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics, undefined, 2));
  return read.value;
}

describe("the front matter", () => {
  it("reads the smallest spec and fills in what a user need not write", () => {
    const { value: read } = value(FRONT);
    expect(read).toMatchObject({
      product: "payments",
      company: "acme",
      service_type: "library",
      packages: [],
      stages: {},
      docs: { site: "mkdocs" },
      announce: [],
    });
    expect(read.tier).toBeUndefined();
  });

  it("takes a stage as a command or as a mapping, and one condition or several", () => {
    const { value: read } = value(`${FRONT}
stages:
  test: npm test
  site: { run: make site, when: { branch: main, changed: ["docs/**", mkdocs.yml] }, network: none }
  check:
    parallel: { lint: npm run lint, types: { run: npm run typecheck, timeout_minutes: 5 } }
  old: { run: npm test, matrix: { node: [22, 24] } }`);
    expect(read.stages.test).toEqual({ run: "npm test" });
    expect(read.stages.site).toMatchObject({
      when: { branch: ["main"], changed: ["docs/**", "mkdocs.yml"] },
      network: "none",
    });
    expect(read.stages.check?.parallel).toEqual({
      lint: { run: "npm run lint" },
      types: { run: "npm run typecheck", timeout_minutes: 5 },
    });
    expect(read.stages.old?.matrix).toEqual({ node: ["22", "24"] });
  });

  it("reports all problems at once, each with line, column and what was probably meant", () => {
    const found = problems(
      `product: payments
company: acme
teir: 1
priority: hgih
packages: [{ ecosystem: npn, publish: sure }]
stages:
  test: { run: npm test, tiemout_minutes: 5 }
  lint: [npm run lint]`,
      "# P\n\n## Requirement: r\n- **Given** a, **when** b\n",
    );
    expect(found).toEqual([
      expect.objectContaining({ code: "spec.unknown_key", line: 4, message: "unknown key teir; did you mean tier?" }),
      expect.objectContaining({ code: "spec.wrong_value", line: 5, message: expect.stringContaining("high") }),
      expect.objectContaining({ code: "spec.wrong_value", line: 6, message: expect.stringContaining("npm") }),
      expect.objectContaining({ code: "spec.wrong_type", line: 6, message: expect.stringContaining("true or false") }),
      expect.objectContaining({
        code: "spec.unknown_key",
        line: 8,
        column: 26,
        message: "unknown key tiemout_minutes; did you mean timeout_minutes?",
      }),
      expect.objectContaining({
        code: "spec.wrong_type",
        line: 9,
        message: "expected a text or a mapping, found a list",
      }),
      expect.objectContaining({ code: "spec.incomplete_scenario", line: 14 }),
    ]);
  });

  it("shifts excerpts to the file's lines", () => {
    const read = spec("product: payments\ncompany: 7");
    expect(read.ok).toBe(false);
    if (read.ok) return;
    expect(read.diagnostics[0]?.where).toMatchObject({
      file: "SPEC.md",
      line: 3,
      column: 10,
      excerpt: { firstLine: 2, lines: ["product: payments", "company: 7"] },
    });
  });

  it.each([
    ["no front matter at all", "# Payments\n", "spec.no_front_matter", 1],
    ["an unclosed one", "---\nproduct: x\n", "spec.open_front_matter", 1],
    ["an empty file", "", "spec.no_front_matter", 1],
    ["broken YAML", "---\nproduct: [\n---\n", "spec.yaml", 2],
    ["a duplicate key", "---\nproduct: a\nproduct: b\ncompany: c\n---\n", "spec.yaml", 3],
  ])("refuses %s", (_, text, code, line) => {
    const read = readSpec(text, { file: "SPEC.md" });
    expect(read.ok ? [] : read.diagnostics.map((one) => [one.code, one.where?.line])).toContainEqual([code, line]);
  });

  it("reads files with CRLF and a byte order mark", () => {
    const read = readSpec("\uFEFF---\r\nproduct: p\r\ncompany: c\r\n---\r\n# P\r\n\r\nWhy.\r\n", { file: "SPEC.md" });
    expect(read.ok && read.value.value).toMatchObject({ product: "p", title: "P", purpose: "Why." });
  });

  it("refuses a file over 1 MiB, however large its body", () => {
    const read = readSpec(`---\n${FRONT}\n---\n${"x".repeat(2 * 1024 * 1024)}`, { file: "SPEC.md" });
    expect(read.ok ? undefined : read.diagnostics[0]?.code).toBe("spec.too_large");
  });

  it.each([
    ["docs: x", "spec.reserved_stage"],
    ["Release: x", "spec.reserved_stage"],
    ["a: {}", "spec.empty_stage"],
    ["a: { run: x, parallel: { b: y } }", "spec.two_kinds"],
    ["a: { matrix: { n: [1] }, parallel: { b: y } }", "spec.two_kinds"],
    ["a: { parallel: {} }", "spec.empty_stage"],
    ["a: { run: x, matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8, 9], m: [1, 2, 3, 4, 5, 6, 7, 8] } }", "spec.large_matrix"],
    ["{ a-b: x, a: { parallel: { b: y } } }", "spec.duplicate_stage"],
    ["{ unit: x, Unit: y }", "spec.duplicate_stage"],
    ["a: { run: x, matrix: { n: ['a b', 'a+b'] } }", "spec.duplicate_stage"],
  ])("stages %s: %s", (stages, code) => {
    const front = stages.startsWith("{") ? `${FRONT}\nstages: ${stages}` : `${FRONT}\nstages:\n  ${stages}`;
    expect(problems(front).map((one) => one.code)).toContain(code);
  });

  it.each([
    ["product: 'a b'", "product"],
    ['product: "a\\nb"', "product"],
    ["product: ../a", "product"],
  ])("refuses the name in %s", (line) => {
    expect(problems(`${line}\ncompany: acme`)).toHaveLength(1);
  });

  it.each(["/etc", "../up", "a/../../b", "C:\\x"])("refuses the package path %s", (path) => {
    expect(problems(`${FRONT}\npackages: [{ ecosystem: npm, path: '${path}' }]`)).toHaveLength(1);
  });

  it("refuses a package that is listed twice", () => {
    expect(problems(`${FRONT}\npackages: [{ ecosystem: npm }, { ecosystem: npm, path: ./ }]`)).toMatchObject([
      { code: "spec.duplicate_package", line: 4 },
    ]);
  });
});

describe("the body", () => {
  const BODY = `# Payments

Take card payments.

It is the only way to pay.

## Requirement: refunds are idempotent

Shops retry.
When they do, nothing new is charged.

- **Given** a refund with key K that succeeded, **when** it is sent again, **then** nothing is charged and the first answer is returned.
- **Given** another key, **when** it is sent, **then** it is charged.

## Notes
**Given** is a word here.

## Requirement: amounts are exact
### Scenario: cents
- GIVEN two amounts
- AND a third
- WHEN they are added
- THEN no cent is lost
- BUT the order may differ

\`\`\`
## Requirement: not one
\`\`\`
`;

  it("gives title, purpose and requirements with their scenarios", () => {
    const { value: read, place } = value(FRONT, BODY);
    expect(read.title).toBe("Payments");
    expect(read.purpose).toBe("Take card payments.\n\nIt is the only way to pay.");
    expect(read.requirements).toEqual([
      {
        id: "refunds-are-idempotent",
        title: "refunds are idempotent",
        text: "Shops retry.\nWhen they do, nothing new is charged.",
        line: 11,
        scenarios: [
          {
            name: undefined,
            given: ["a refund with key K that succeeded"],
            when: ["it is sent again"],
            outcome: ["nothing is charged and the first answer is returned"],
            line: 16,
          },
          {
            name: undefined,
            given: ["another key"],
            when: ["it is sent"],
            outcome: ["it is charged"],
            line: 17,
          },
        ],
      },
      {
        id: "amounts-are-exact",
        title: "amounts are exact",
        text: "",
        line: 22,
        scenarios: [
          {
            name: "cents",
            given: ["two amounts", "a third"],
            when: ["they are added"],
            outcome: ["no cent is lost", "the order may differ"],
            line: 24,
          },
        ],
      },
    ]);
    expect(place(["requirements", 1, "scenarios", 0])).toMatchObject({ line: 24 });
    expect(place(["product"])).toMatchObject({ line: 2 });
  });

  it("warns of a requirement that no test can be held to, and of a heading that is nearly one", () => {
    const read = spec(FRONT, "# P\n## Requirement: fast\nIt is fast.\n## Requirment: small\n- **when** a **then** b\n");
    expect(read.ok && read.warnings.map((one) => [one.code, one.where?.line])).toEqual([
      ["spec.no_scenario", 6],
      ["spec.unknown_section", 8],
    ]);
  });

  it("refuses requirements of one name and without a name", () => {
    const step = "- **when** a **then** b\n";
    const found = problems(
      FRONT,
      `# P\n## Requirement: a b\n${step}## Requirement: A  b\n${step}## Requirement:\n${step}`,
    );
    expect(found.map((one) => [one.code, one.line])).toEqual([
      ["spec.duplicate_requirement", 8],
      ["spec.requirement_without_title", 10],
    ]);
  });

  it.each([
    ["## Requirement: closed ##", "closed"],
    ["## Requirement: C#", "C#"],
    ["##\tRequirement:   wide   ", "wide"],
  ])("reads the heading %s", (heading, title) => {
    const { value: read } = value(FRONT, `# P\n${heading}\n- **when** a **then** b\n`);
    expect(read.requirements.map((one) => one.title)).toEqual([title]);
  });

  it.each([
    ["line ends", () => "\n".repeat(900_000)],
    ["spaces before a word", () => `${" ".repeat(900_000)}x`],
    ["a heading of spaces", () => `# ${" ".repeat(900_000)}x`],
    ["a heading of #", () => `# ${"# ".repeat(400_000)}x`],
    ["requirements", () => Array.from({ length: 25_000 }, (_, at) => `## Requirement: number ${at}\n`).join("")],
    ["scenarios", () => `## Requirement: r\n${"- **when** a **then** b\n".repeat(35_000)}`],
    ["stops", () => `## Requirement: r\n- **when** ${",".repeat(800_000)}x **then** b\n`],
    ["bullets", () => `## Requirement: r\n${"- ".repeat(400_000)}\n- **when** a **then** b\n`],
    ["fences", () => "```\n".repeat(200_000)],
  ])("reads a body of nothing but %s in a moment", (_, body) => {
    const startedAt = performance.now();
    spec(FRONT, `# P\n${body()}`);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
