import { describe, expect, test } from "vitest";
import * as z from "zod";
import { readYaml } from "../../../src/core/yaml.ts";

const schema = z.strictObject({
  security: z.strictObject({ fail_on_high: z.boolean() }).optional(),
  registries: z.record(z.string(), z.union([z.boolean(), z.strictObject({ url: z.string() })])).optional(),
  level: z.enum(["low", "medium", "high"]).optional(),
  name: z.string().optional(),
});
const read = (text: string) => readYaml(text, schema, { file: "config.yaml", codes: "config" });
const problems = (text: string) => {
  const outcome = read(text);
  if (outcome.ok) throw new Error("expected problems");
  return outcome.diagnostics.map(({ code, message, where }) => ({
    code,
    message,
    at: `${where?.line}:${where?.column}-${where?.endColumn}`,
  }));
};

describe("readYaml", () => {
  test("answers with the value and the place of each part", () => {
    const outcome = read("name: x\nregistries:\n  npm: true\n");
    if (!outcome.ok) throw new Error("unexpected");
    expect(outcome.value.value).toEqual({ name: "x", registries: { npm: true } });
    expect(outcome.value.place(["registries", "npm"])).toMatchObject({ file: "config.yaml", line: 3, column: 8 });
    expect(outcome.value.place(["registries", "absent"])).toMatchObject({ line: 3 });
  });

  test("reports all problems at once, each at its place, with what was meant", () => {
    expect(
      problems("security:\n  fail_on_hihg: true\n  fail_on_high: true\nlevel: hihg\nregistries: { npm: yes }\n"),
    ).toEqual([
      { code: "config.unknown_key", message: "unknown key fail_on_hihg; did you mean fail_on_high?", at: "2:3-15" },
      { code: "config.wrong_value", message: 'level cannot be the text "hihg"; did you mean high?', at: "4:8-12" },
      {
        code: "config.wrong_type",
        message: 'expected true or false or a mapping, found the text "yes"',
        at: "5:20-23",
      },
    ]);
  });

  test("a missing key is reported at its parent", () => {
    expect(problems("security: {}\n")).toEqual([
      { code: "config.missing", message: "security.fail_on_high is missing (true or false)", at: "1:11-13" },
    ]);
  });

  test("duplicate keys, broken YAML, alias bombs and huge files are refused", () => {
    expect(problems("name: a\nname: b\n")).toMatchObject([
      { code: "config.yaml", at: expect.stringMatching(/^2:/), message: "the key name stands twice here" },
    ]);
    const latin = Buffer.from("name: caf\xe9\n", "latin1").toString("utf8");
    expect(problems(latin)).toMatchObject([{ code: "config.not_utf8", at: expect.stringMatching(/^1:10/) }]);
    expect(problems("name: [a\n")).toMatchObject([{ code: "config.yaml" }]);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi"
      .split("")
      .map((k, i) => `${k}: &${k} [${Array(9).fill(`*${"abcdefghi"[i]}`).join(",")}]\n`)
      .join("")}`;
    expect(problems(bomb)).toMatchObject([{ code: "config.yaml" }]);
    expect(problems(`name: ${"x".repeat(2 ** 20)}\n`)).toMatchObject([{ code: "config.too_large" }]);
  });

  test("front matter keeps the lines of its file", () => {
    const outcome = readYaml("nmae: x\n", schema, { file: "SPEC.md", codes: "spec", firstLine: 2 });
    if (outcome.ok) throw new Error("unexpected");
    expect(outcome.diagnostics[0]?.where).toMatchObject({ line: 2, excerpt: { firstLine: 2 } });
  });
});
