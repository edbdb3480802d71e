import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { findRelease } from "../pillars/release/kept.ts";
import { undoResultSchema } from "../pillars/undo/report.ts";
import { undoRun } from "../pillars/undo/undo.ts";
import { defineStep } from "./definition.ts";
import { undoReport, undoStep } from "./undo.ts";

export const releaseRollbackStep = defineStep({
  name: "release rollback",
  summary: "Take a released version back as far as each registry allows",
  description:
    "`undo` for a release that is named by its version: npm packages are deprecated, crates yanked, and an image's moving tags (`latest`, `1.5`) name the version before again. PyPI offers programs no call for it: the page where a person does it is named, and the same command, given again, looks whether it was done. Nothing is deleted and no tag is moved; the next release continues from this one. To put the version before back on servers, see `deploy --rollback`.",
  examples: [
    { command: "codemonkeys release rollback --dry-run", says: "of the newest release: what would be taken back" },
    { command: "codemonkeys release rollback --version 1.5.0", says: "take that version back" },
  ],
  params: z.object({ version: z.string().optional().describe("a released version; the newest without it") }),
  result: undoResultSchema,
  credentials: undoStep.credentials,
  tools: undoStep.tools,
  actions: ["package.retract", "secret.read"],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { version }) {
    const found = await findRelease(session, version);
    if (!found.ok) return found;
    const done = await undoRun(session, found.value.run);
    return done.ok ? succeed(undoReport(done.value), done.warnings) : done;
  },
});
