import * as z from "zod";
import { problem, succeed } from "../core/diagnostic.ts";
import { generateProduct } from "../pillars/generate/product.ts";
import { defineStep } from "./definition.ts";

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
  result: z.object({
    files: z.array(z.object({ path: z.string(), state: z.string() })),
    drift: z.array(z.string()),
    written: z.array(z.string()),
    planned: z.array(z.string()),
  }),
  credentials: [],
  tools: ["git"],
  actions: ["files.generate"],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { check, force }) {
    const generated = await generateProduct(session, { check, force });
    if (!generated.ok) return generated;
    const { files, drift, written, planned } = generated.value;
    const drifted = check && drift.length > 0;
    const lines = [
      ...written.map((path) => `✔ wrote ${path}`),
      ...planned.map((path) => `◇ would write ${path}`),
      ...(drifted ? drift.map((path) => `✗ differs: ${path}`) : []),
    ];
    if (lines.length === 0) lines.push(`${files.length} generated files are up to date`);
    return succeed({
      ...(drifted
        ? {
            verdict: "failure" as const,
            kind: "config" as const,
            diagnostics: [
              problem("config", "generate.drift", `${drift.length} generated files are not what the spec says now`, {
                next: "codemonkeys generate, then commit what it wrote",
              }),
            ],
          }
        : {}),
      data: {
        files: files.map(({ file, state }) => ({ path: file.path, state })),
        drift: [...drift],
        written: [...written],
        planned: [...planned],
      },
      summary: lines.join("\n"),
      display: lines,
    });
  },
});
