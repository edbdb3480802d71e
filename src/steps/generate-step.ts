import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { generateProduct } from "../pillars/generate/product.ts";
import { defineStep } from "./definition.ts";
import { generatedReport, generatedSchema } from "./generated-report.ts";

export const generateStep = defineStep({
  name: "generate",
  summary: "Write what follows from constitution and spec: the Jenkinsfile, the documentation skeleton, editor schemas",
  description:
    "Each generated file carries a stamp of its content. A file that a person changed is not overwritten (`--force` does); a documentation page that was changed is theirs from then on. `--check` writes nothing and exits with 8 when anything differs.",
  examples: [
    { command: "codemonkeys generate", says: "bring everything up to date" },
    { command: "codemonkeys generate --check", says: "in CI: fail on drift" },
  ],
  params: z.object({
    check: z.boolean().default(false).describe("write nothing; exit with 8 when anything would change"),
    force: z.boolean().default(false).describe("overwrite generated files that were edited by hand"),
  }),
  result: generatedSchema,
  credentials: [],
  tools: ["git"],
  actions: ["files.generate"],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { check, force }) {
    const generated = await generateProduct(session, { check, force });
    if (!generated.ok) return generated;
    return succeed(generatedReport(generated.value, { check, source: "the spec", command: "codemonkeys generate" }));
  },
});
