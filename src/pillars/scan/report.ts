import * as z from "zod";
import { FINDING_KINDS, RATINGS, SCANNERS } from "../../core/security.ts";

/** The results of a scan, as `--json` prints them and the journal keeps them. */

export const findingSchema = z.object({
  id: z.string().describe("the best known id: CVE before GHSA before the others"),
  aliases: z.array(z.string()),
  kind: z.enum(FINDING_KINDS),
  severity: z.enum(RATINGS).describe("the worst that a scanner says"),
  score: z.number().nullable().describe("CVSS base score"),
  title: z.string(),
  package: z.string().nullable(),
  installed: z.string().nullable(),
  fixed_in: z.array(z.string()),
  path: z.string().describe("file and line in the repository or in the artefact"),
  in: z.string().describe("source, or the artefact's file name"),
  digest: z.string().nullable().describe("SHA-256 of the artefact"),
  sources: z.array(z.enum(SCANNERS)),
  url: z.string().nullable(),
  first_seen: z.iso.datetime(),
  new: z.boolean().describe("not seen before the last release"),
});
export type Finding = z.infer<typeof findingSchema>;

export const scannerSchema = z.object({
  scanner: z.enum(SCANNERS),
  in: z.string(),
  version: z.string().nullable(),
  findings: z.int(),
  database_at: z.iso.datetime().nullable(),
  skipped: z.array(z.string()).describe("what it left out, in its own words"),
  failed: z.string().nullable().describe("why it gave no usable answer"),
});

export const sbomSchema = z.object({
  name: z.string(),
  in: z.string().describe("what it is of: source, or the file name of an image that was built"),
  format: z.enum(["cyclonedx", "spdx-json"]),
  digest: z.string().describe("its name in the artefact store"),
});

export type Sbom = z.infer<typeof sbomSchema>;

/** What was looked at and what was seen; nothing of it depends on the constitution or the day. */
export const collectedSchema = z.object({
  commit: z.string(),
  at: z.iso.datetime(),
  scanners: z.array(scannerSchema),
  findings: z.array(findingSchema),
  sboms: z.array(sbomSchema),
});
export type Collected = z.infer<typeof collectedSchema>;

export const judgedSchema = findingSchema.extend({
  fails: z.boolean().describe("over the threshold, and no waiver covers it"),
  waiver: z
    .object({ id: z.string(), until: z.string(), because: z.string(), by: z.string(), over: z.boolean() })
    .nullable(),
});
export type JudgedFinding = z.infer<typeof judgedSchema>;

export const securityReportSchema = collectedSchema.extend({
  product: z.string(),
  findings: z.array(judgedSchema).describe("new ones first, then by severity"),
  complete: z.boolean().describe("every scanner ran and gave a usable answer"),
  clean: z.boolean().describe("complete, and nothing fails"),
  stale: z.array(z.string()).describe("scanners whose database is too old"),
  unused_waivers: z.array(z.string()).describe("waivers of this product that cover nothing any more"),
  counts: z.object({ critical: z.int(), high: z.int(), medium: z.int(), low: z.int(), waived: z.int(), new: z.int() }),
});
export type SecurityReport = z.infer<typeof securityReportSchema>;
