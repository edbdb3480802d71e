import * as z from "zod";
import { handoverSchema } from "../../core/result.ts";
import { ECOSYSTEM_IDS } from "../../ecosystems/ecosystem.ts";
import { LEVELS } from "../../pipeline/release-rules.ts";
import { sbomSchema, securityReportSchema } from "../scan/report.ts";
import { BUMPS } from "./version.ts";

/** Versioned results of the release steps, as `--json` prints them and the journal keeps them. */

const commitId = z.string().describe("full commit id");

export const reasonSchema = z
  .object({
    type: z.string().describe("commit type in lower case; empty for a commit that is not conventional"),
    scope: z.string().nullable(),
    description: z.string(),
    breaking: z.boolean(),
    level: z.enum(LEVELS),
    commit: commitId,
  })
  .describe("a change that calls for the version");

export const plannedPackageSchema = z.object({
  ecosystem: z.enum(ECOSYSTEM_IDS),
  path: z.string().describe("folder in the repository"),
  name: z.string(),
  version: z.string().describe("the new version in the ecosystem's own spelling"),
  publish: z.boolean(),
});

export const unitSchema = z
  .object({
    name: z.string().describe("the product, or the package where packages have versions of their own"),
    version: z.string(),
    tag: z.string(),
    previous: z.object({ version: z.string(), tag: z.string(), commit: commitId }).nullable(),
    bump: z.enum(BUMPS),
    commits: z.int().describe("commits since the previous release"),
    reasons: z.array(reasonSchema),
    packages: z.array(plannedPackageSchema),
    changelog: z.object({
      file: z.string(),
      groups: z.array(
        z.object({ title: z.string(), items: z.array(z.array(z.string())).describe("lines of Markdown of each item") }),
      ),
    }),
    notes: z.string().describe("release notes in Markdown"),
  })
  .describe("what is released under one version and one tag");

export const planSchema = z.object({
  product: z.string(),
  branch: z.string(),
  commit: commitId.describe("the commit that is released"),
  time: z.int().describe("that commit's time, milliseconds since the epoch; archives take it for their own"),
  date: z.string().describe("YYYY-MM-DD of the release, UTC"),
  units: z.array(unitSchema).describe("empty when there is nothing to release"),
});

export type PlannedPackage = z.infer<typeof plannedPackageSchema>;
export type ReleaseUnit = z.infer<typeof unitSchema>;
export type ReleasePlan = z.infer<typeof planSchema>;

export const artifactSchema = z.object({
  ecosystem: z.enum(ECOSYSTEM_IDS),
  package: z.string(),
  version: z.string().describe("semantic version, whatever the ecosystem's spelling"),
  file: z.string(),
  size: z.int(),
  sha1: z.string(),
  sha256: z.string().describe("also its name in the artefact store"),
  sha512: z.string(),
  manifest: z.string().optional().describe("of an image: SHA-256 of its manifest, by which registries name it"),
});
export type ReleaseArtifact = z.infer<typeof artifactSchema>;

export const publishedSchema = z.object({
  ecosystem: z.enum(ECOSYSTEM_IDS),
  package: z.string(),
  version: z.string(),
  registry: z.string(),
  files: z.array(z.string()),
  already: z.boolean().describe("the very same files were there before this run"),
  installed: z.boolean().describe("installed from the registry by the ecosystem's own client"),
});
export type Published = z.infer<typeof publishedSchema>;

export const announcedSchema = z.object({
  channel: z.string(),
  to: z.string().describe("host of the endpoint; the address itself may hold a secret"),
  key: z.string().describe("idempotency key: a receiver that sees it twice drops the second"),
  notes_digest: z.string().describe("SHA-256 of the notes in the artefact store"),
});
export type Announced = z.infer<typeof announcedSchema>;

/** One effect of a plan with what the constitution says to it, for `--dry-run`. */
export const plannedEffectSchema = z.object({
  action: z.string(),
  target: z.record(z.string(), z.unknown()),
  answer: z.enum(["allow", "deny", "ask"]),
  rule: z.string().nullable(),
  reason: z.string(),
});
export type PlannedEffect = z.infer<typeof plannedEffectSchema>;

/** What the scan before the first effect came to. */
export const releaseScanSchema = z.object({
  clean: z.boolean(),
  counts: securityReportSchema.shape.counts,
  sboms: z.array(sbomSchema).describe("bills of materials of what is released, by digest in the artefact store"),
});
export type ReleaseScan = z.infer<typeof releaseScanSchema>;

export const provenanceSchema = z
  .object({
    unit: z.string(),
    name: z.string(),
    digest: z.string().describe("its name in the artefact store"),
    files: z.array(z.string()).describe("what it speaks of"),
    signed: z.boolean().describe("in a DSSE envelope, with the key of ship.provenance"),
    key: z.string().optional().describe("SHA-256 of the public key (SPKI, DER) that it is signed with"),
  })
  .describe("in-toto statement v1 with SLSA provenance v1: who built which bytes, of which commit");
export type ReleaseProvenance = z.infer<typeof provenanceSchema>;

export const releasePageSchema = z.object({ tag: z.string(), url: z.string() });

export const releaseResultSchema = z.object({
  released: z.boolean().describe("false when there was nothing to release, and in a dry run"),
  run: z.string().nullable(),
  plan: planSchema,
  commit: commitId.nullable().describe("the release commit"),
  tags: z.array(z.string()),
  artifacts: z.array(artifactSchema),
  scan: releaseScanSchema.nullable().describe("null where the organisation asks for no scan"),
  provenance: z.array(provenanceSchema),
  published: z.array(publishedSchema),
  pages: z.array(releasePageSchema).describe("releases at GitHub, where the remote is there"),
  announced: z.array(announcedSchema),
  handover: handoverSchema.optional().describe("the work half ended here: what the act half takes"),
  effects: z.array(plannedEffectSchema).describe("in a dry run: what would be done, in order"),
});
export type ReleaseResult = z.infer<typeof releaseResultSchema>;

/** The result of a release of which nothing is done yet. */
export function emptyResult(plan: ReleasePlan): ReleaseResult {
  return {
    released: false,
    run: null,
    plan,
    commit: null,
    tags: [],
    artifacts: [],
    scan: null,
    provenance: [],
    published: [],
    pages: [],
    announced: [],
    effects: [],
  };
}

export const replayResultSchema = z.object({
  transitions: z.int().describe("releases whose version was predicted (of the scored part)"),
  predicted: z.int().describe("how many of them got the version they have"),
  fitted_on: z.int().describe("releases that the rules were fitted on; 0 when the rules were given"),
  misses: z.array(
    z.object({
      repository: z.string(),
      from: z.string().nullable().describe("the tag before"),
      tag: z.string(),
      expected: z.string().nullable().describe("the version the rules predict; null: no release"),
      actual: z.string(),
      commits: z.array(z.object({ id: commitId, subject: z.string(), level: z.enum(LEVELS) })),
    }),
  ),
  rules: z.array(z.object({ repository: z.string(), rules: z.record(z.string(), z.unknown()) })),
});
export type ReplayResult = z.infer<typeof replayResultSchema>;
