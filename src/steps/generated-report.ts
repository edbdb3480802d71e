import * as z from "zod";
import { problem } from "../core/diagnostic.ts";
import type { GenerateReport } from "../pipeline/generate.ts";
import { handEdits } from "../pipeline/generated.ts";
import type { StepReport } from "./definition.ts";

export const generatedSchema = z.object({
  files: z.array(z.object({ path: z.string(), state: z.string() })),
  drift: z.array(z.string()),
  written: z.array(z.string()),
  planned: z.array(z.string()),
});

/** What a step says of the files that it generated; with `check`, drift is a failure of the configuration. */
export function generatedReport(
  { files, drift, written, planned }: GenerateReport,
  options: { readonly check: boolean; readonly source: string; readonly command: string },
): StepReport<z.infer<typeof generatedSchema>> {
  const drifted = options.check && drift.length > 0;
  const lines = [
    ...written.map((path) => `✔ wrote ${path}`),
    ...planned.map((path) => `◇ would write ${path}`),
    ...(drifted ? drift.map((path) => `✗ differs: ${path}`) : []),
  ];
  if (lines.length === 0)
    lines.push(
      files.length === 1 ? `${files[0]?.file.path} is up to date` : `${files.length} generated files are up to date`,
    );
  // The command leaves alone what a person changed: for those files it is no advice.
  const edits = drifted ? handEdits(files) : [];
  const what = drift.length === 1 ? "1 generated file is" : `${drift.length} generated files are`;
  const next = edits.length === drift.length ? edits[0]?.next : `${options.command}, then commit what it wrote`;
  return {
    ...(drifted
      ? {
          verdict: "failure" as const,
          kind: "config" as const,
          diagnostics: [
            problem("config", "generate.drift", `${what} not what ${options.source} says now`, next ? { next } : {}),
            ...edits.map((edit) => ({ ...edit, severity: "note" as const })),
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
  };
}
