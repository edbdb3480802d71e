/** Writes the files that are made from the schemas: `resources/schemas/` and the configuration's reference page. */
import { join } from "node:path";
import { configReference } from "../src/core/config/reference.ts";
import { writeFileAtomic } from "../src/core/files.ts";
import { jsonSchemas } from "../src/pipeline/schemas.ts";

const root = join(import.meta.dirname, "..");
for (const [name, text] of Object.entries(jsonSchemas())) {
  await writeFileAtomic(join(root, "resources", "schemas", name), text);
}
await writeFileAtomic(join(root, "docs", "reference", "configuration.md"), configReference());
