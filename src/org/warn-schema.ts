import * as z from "zod";

const askSchema = z.object({
  range: z.string(),
  file: z.string(),
  line: z.int(),
  locked: z.boolean().describe("a lock file holds this version; else a manifest asks for the range"),
});

const seenSchema = z.object({
  product: z.string(),
  commit: z.string().describe("the commit that failed"),
  at: z.iso.datetime(),
  requested: z.string(),
  met: z.string().optional().describe("the version or range of the other package that was there"),
  fix: z
    .object({ commit: z.string(), subject: z.string().optional(), template: z.string().optional() })
    .optional()
    .describe("what heal repaired it with"),
  over: z.boolean().describe("the product no longer asks for what failed"),
  now: z.array(askSchema.extend({ package: z.string() })).describe("what it asks for instead"),
});

const warningSchema = z.object({
  product: z.string(),
  company: z.string(),
  ecosystem: z.string(),
  package: z.string(),
  asks: askSchema,
  against: z
    .object({
      package: z.string(),
      wants: z.string().optional().describe("the range of it that the first package takes"),
      asks: askSchema,
    })
    .optional()
    .describe("what it cannot be had with; absent where the package cannot be had at all"),
  seen: z.array(seenSchema).describe("where it failed; one of them may be the product itself"),
});

export const warnSchema = z.object({
  conflicts: z.int().describe("how many conflicts the companies of these products know"),
  products: z.array(z.string()).describe("whose manifests and lock files were read"),
  warnings: z.array(warningSchema),
});

export type Warned = z.infer<typeof warnSchema>;
export type Warning = z.infer<typeof warningSchema>;
export type Seen = z.infer<typeof seenSchema>;
