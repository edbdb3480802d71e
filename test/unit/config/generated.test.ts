import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OPTION_NAMES } from "../../../src/core/config/options.ts";
import { configReference } from "../../../src/core/config/reference.ts";
import { jsonSchemas } from "../../../src/pipeline/schemas.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/** Write them again with `node scripts/generate-reference.ts`. */
describe("files made from the schemas are what would be made now", () => {
  it.each(Object.keys(jsonSchemas()))("resources/schemas/%s", async (name) => {
    expect(await readFile(join(root, "resources", "schemas", name), "utf8")).toBe(jsonSchemas()[name]);
  });

  it("docs/reference/configuration.md, with every key", async () => {
    const page = await readFile(join(root, "docs", "reference", "configuration.md"), "utf8");
    expect(page).toBe(configReference());
    for (const name of OPTION_NAMES) expect(page).toContain(`\`${name}\``);
  });
});

describe("the schema for editors", () => {
  interface JsonSchema {
    readonly properties: Record<string, JsonSchema>;
    readonly additionalProperties: boolean;
    readonly description: string;
  }

  it("knows every key, with what it means, and no other", () => {
    const schema = JSON.parse(jsonSchemas()["config.schema.json"] as string) as JsonSchema;
    for (const name of OPTION_NAMES) {
      let at: JsonSchema | undefined = schema;
      for (const part of name.split(".")) {
        expect(at?.additionalProperties).toBe(false);
        at = at?.properties[part];
      }
      expect(at?.description, name).toContain("default:");
    }
  });
});
