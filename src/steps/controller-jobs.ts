import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { generateFleetJobs } from "../pillars/generate/fleet-jobs.ts";
import { defineStep } from "./definition.ts";
import { generatedReport, generatedSchema } from "./generated-report.ts";

export const controllerJobs = defineStep({
  name: "controller jobs",
  summary: "Write the Jenkins jobs of the whole fleet as Configuration as Code",
  description:
    "Run in a work tree of the organisation. `jcasc/fleet.yaml` follows from `fleet.yaml`: a folder for each company that holds this company's credentials, a multibranch job for each product. A product that left the fleet keeps its job and history, disabled. The controller reads the file beside `jcasc/jenkins.yaml`; `codemonkeys controller up` brings it there.",
  examples: [
    { command: "codemonkeys controller jobs", says: "after a change of fleet.yaml" },
    { command: "codemonkeys controller jobs --check", says: "in CI of the organisation: fail on drift" },
  ],
  params: z.object({
    check: z.boolean().default(false).describe("write nothing; exit with 8 when anything would change"),
    force: z.boolean().default(false).describe("overwrite the file although it was edited by hand"),
  }),
  result: generatedSchema.extend({ removed: z.array(z.string()).describe("jobs kept, disabled, of removed products") }),
  credentials: [],
  tools: ["git"],
  actions: ["files.generate"],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, { check, force }) {
    const generated = await generateFleetJobs(session, { check, force });
    if (!generated.ok) return generated;
    const report = generatedReport(generated.value, {
      check,
      source: "fleet.yaml",
      command: "codemonkeys controller jobs",
    });
    const removed = generated.value.removed.map((job) => `  ${job} left the fleet: its job stays, disabled`);
    const display = [...(report.display ?? []), ...removed];
    return succeed(
      {
        ...report,
        data: { ...report.data, removed: [...generated.value.removed] },
        summary: display.join("\n"),
        display,
      },
      generated.warnings,
    );
  },
});
