import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkAgainstFleet, readFleet } from "../../../src/pipeline/fleet.ts";
import { readSpec } from "../../../src/pipeline/spec.ts";
import { frontMatterSchema } from "../../../src/pipeline/spec-schema.ts";
import { codesOf, must } from "../pipeline/support.ts";

/** Examples in the reference are read by the program itself. */
function examples(page: string, language: string): string[] {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "reference", page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, code]) => code ?? "",
  );
}

describe("the reference pages", () => {
  const [fleetText = ""] = examples("fleet.md", "yaml");
  const specs = examples("spec.md", "markdown");

  it("have a fleet and specs that are valid, without a warning, and fit each other", () => {
    const fleet = must(readFleet(fleetText, { file: "fleet.yaml" }));
    expect(specs).toHaveLength(2);
    for (const text of specs) {
      const spec = readSpec(text, { file: "SPEC.md" });
      expect(spec.ok && spec.warnings).toEqual([]);
      expect(codesOf(checkAgainstFleet(must(spec), fleet))).toEqual([]);
    }
  });

  it("show every key of the front matter", () => {
    const shown = must(readSpec(specs[1] ?? "", { file: "SPEC.md" })).value;
    const missing = Object.keys(frontMatterSchema.shape).filter(
      (key) => !new RegExp(`^${key}:`, "m").test(specs[1] ?? ""),
    );
    expect(missing).toEqual([]);
    expect(shown.requirements[0]?.scenarios.map((scenario) => scenario.name)).toEqual([undefined, "another key"]);
  });
});
