import { describe, expect, it } from "vitest";
import { generalise } from "../../../src/pillars/heal/template/generalise.ts";
import { pictureOf } from "../../../src/pillars/heal/template/picture.ts";
import { applyTemplate } from "../../../src/pillars/heal/template/replay.ts";
import type { EditTemplate } from "../../../src/pillars/heal/template/template.ts";

function learn(
  path: string,
  before: string,
  after: string,
  captures: Record<string, string> = {},
  scope: string[] = [],
): EditTemplate {
  const result = generalise({ changes: [{ path, before, after }], captures, scope: () => scope });
  if (!result.ok) throw new Error(result.reason);
  return result.template;
}

const here = { captures: {}, scope: [], nearLine: undefined, chains: false, around: undefined };

describe("a fix learned in one product and replayed in another", () => {
  it("turns an import assertion into an import attribute, whatever the names and quotes", () => {
    const template = learn(
      "src/refund.js",
      'import { charge } from "./charge.js";\nimport rates from "./north-rates.json" assert { type: "json" };\n',
      'import { charge } from "./charge.js";\nimport rates from "./north-rates.json" with { type: "json" };\n',
      { identifier: "assert" },
    );
    const other = "import table from '../data/vat.json' assert { type: 'json' };\nuse(table);\n";
    expect(applyTemplate(template, other, here)).toBe(other.replace("assert", "with"));
    expect(applyTemplate(template, other.replace("assert", "asserts"), here)).toBe(undefined);
  });

  it("holds no word of the product it was learned from", () => {
    const template = learn(
      "src/refund.js",
      'import northRates from "./north-rates.json" assert { type: "json" };\n',
      'import northRates from "./north-rates.json" with { type: "json" };\n',
    );
    expect(JSON.stringify(template)).not.toMatch(/north|rates|refund/i);
  });

  it("takes an inserted import's module from the failure's capture", () => {
    const template = learn("north/tax.py", '"""Tax."""\n\nX = math.pi\n', '"""Tax."""\nimport math\n\nX = math.pi\n', {
      identifier: "math",
    });
    expect(
      applyTemplate(template, "#!/usr/bin/env python\nfrom os import path\n\nprint(json.dumps({}))\n", {
        ...here,
        captures: { identifier: "json" },
      }),
    ).toBe("#!/usr/bin/env python\nimport json\nfrom os import path\n\nprint(json.dumps({}))\n");
  });

  it("finds what a misspelt name meant among the names in scope", () => {
    const template = learn(
      "src/a.js",
      'import { formatMony } from "./money.js";\n',
      'import { formatMoney } from "./money.js";\n',
      { identifier: "formatMony" },
      ["formatMony", "formatMoney", "parseAmount"],
    );
    const context = {
      ...here,
      captures: { identifier: "sendMaal" },
      scope: ["sendMaal", "sendMail", "other"],
      nearLine: 2,
    };
    expect(applyTemplate(template, 'const x = 1;\nimport { sendMaal } from "./mail.js";\n', context)).toBe(
      'const x = 1;\nimport { sendMail } from "./mail.js";\n',
    );
    expect(
      applyTemplate(template, 'import { sendMaal } from "./mail.js";\n', {
        ...context,
        scope: ["sendMeal", "sendMall"],
      }),
    ).toBe(undefined);
  });

  it("appends what is general to a path", () => {
    const template = learn("a.js", 'import { x } from "./util";\n', 'import { x } from "./util.js";\n');
    expect(applyTemplate(template, "import { parse } from '../lib/deep/csv'\n", here)).toBe(undefined);
    expect(applyTemplate(template, "import { parse } from '../lib/deep/csv';\n", here)).toBe(
      "import { parse } from '../lib/deep/csv.js';\n",
    );
  });

  it("keeps the indentation and line ends of the place", () => {
    const template = learn(
      "a.js",
      "function f() {\n  return total + 0;\n}\n",
      "function f() {\n  if (total) {\n    return total + 0;\n  }\n}\n",
    );
    expect(applyTemplate(template, "class A {\r\n\tg() {\r\n\t\treturn sum + 0;\r\n\t}\r\n}\r\n", here)).toBe(
      "class A {\r\n\tg() {\r\n\t\tif (sum) {\r\n\t\t\treturn sum + 0;\r\n\t\t}\r\n\t}\r\n}\r\n",
    );
  });
});

describe("what is not learned", () => {
  const reason = (before: string, after: string, path = "a.js") => {
    const result = generalise({ changes: [{ path, before, after }], captures: {}, scope: () => [] });
    return result.ok ? undefined : result.reason;
  };

  it("refuses new text that only the product could know", () => {
    expect(reason("const vat = 1;\n", "const vat = northVat();\n")).toMatch(/can't be derived/);
    expect(reason("const x = rate * 1;\n", "const x = rate * 19;\n")).toMatch(/can't be derived/);
    expect(reason('send("x");\n', 'send("https://example.org");\n')).toMatch(/can't be derived/);
  });

  it("refuses white space, which no template can describe", () => {
    expect(reason("  x();\n", "    x();\n")).toMatch(/white space/);
  });

  it("marks an edit of a manifest as one that may add a dependency", () => {
    const template = learn("requirements.txt", "import\n", "import as\n");
    expect(template.adds).toEqual(["dependency"]);
  });
});

describe("a line that is not as the learned one", () => {
  const near = (nearLine: number) => ({ ...here, chains: true, nearLine });

  it("takes a chain of members where a name was learned", () => {
    const template = learn("a.js", "for (const x of marks) {\n", "for (const x of Object.entries(marks)) {\n");
    const other = "  for (const one of this.votes.cast) {\n";
    expect(applyTemplate(template, other, here)).toBe(undefined);
    expect(applyTemplate(template, other, near(1))).toBe("  for (const one of Object.entries(this.votes.cast)) {\n");
  });

  it("needs only what stands around the change, and leaves the rest as it was written", () => {
    const template = learn("a.js", "return Money(cents);\n", "return new Money(cents);\n");
    const other = "\tif (!grams) return  Portion( grams, name ) ;\n";
    expect(applyTemplate(template, other, near(1))).toBe(undefined);
    expect(applyTemplate(template, other, { ...near(1), around: 2 })).toBe(
      "\tif (!grams) return  new Portion( grams, name ) ;\n",
    );
  });

  it("is not changed far from the failure, nor where no word tells the place from others", () => {
    const template = learn("a.js", "const x = twice(cents);\n", "const x = twice(Number(cents));\n");
    const other = "log(rate);\n";
    for (const around of [1, 2]) expect(applyTemplate(template, other, { ...near(1), around })).toBe(undefined);
    const money = learn("a.js", "return Money(cents);\n", "return new Money(cents);\n");
    const far = `${"\n".repeat(20)}return Portion(grams, name);\n`;
    expect(applyTemplate(money, far, { ...near(1), around: 2 })).toBe(undefined);
  });
});

describe("a word that is a language's and a product's", () => {
  it("is a name where it is another language's, and where the file gives it to something of its own", () => {
    const other = "const known = new Map(buoys);\n";
    const fixed = "const known = new Map(Object.entries(buoys));\n";
    const list = learn("a.js", "const table = new Map(list);\n", "const table = new Map(Object.entries(list));\n");
    expect(applyTemplate(list, other, here)).toBe(fixed);
    const source = (line: string) => `function priceOf(values) {\n${line}\n}\n`;
    const values = learn(
      "a.js",
      source("const table = new Map(values);"),
      source("const table = new Map(Object.entries(values));"),
    );
    expect(applyTemplate(values, other, here)).toBe(fixed);
  });
});

it("a template is shown as a change, its holes by number", () => {
  const template = learn("a.js", "return Money(cents);\n", "return new Money(cents);\n", { identifier: "Money" });
  expect(pictureOf(template)).toEqual([
    "in .js files",
    "- return ‹1›(‹2›);",
    "+ return new ‹1›(‹2›);",
    "  ‹1› identifier found there, the failure's identifier",
    "  ‹2› identifier found there",
  ]);
});
