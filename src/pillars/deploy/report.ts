import * as z from "zod";
import { handoverSchema } from "../../core/result.ts";
import { plannedEffectSchema } from "../release/report.ts";

/** What is put on the servers: one file, named by its digest, and how its playbook takes it. */
export const deployableSchema = z.object({
  package: z.string(),
  kind: z.enum(["archive", "binary"]),
  file: z.string(),
  sha256: z.string().describe("also its name in the artefact store"),
});
export type Deployable = z.infer<typeof deployableSchema>;

export const deployResultSchema = z.object({
  run: z.string().nullable(),
  environment: z.string(),
  version: z.string(),
  hosts: z.array(z.string()),
  artifact: deployableSchema,
  already: z.boolean().describe("every server ran this version before, and was well"),
  rollback: z.boolean().describe("it went back to a version that was deployed before"),
  handover: handoverSchema.optional().describe("the work half ended here: what the act half takes"),
  effects: z.array(plannedEffectSchema).describe("in a dry run: what would be done, in order"),
});
export type DeployResult = z.infer<typeof deployResultSchema>;
