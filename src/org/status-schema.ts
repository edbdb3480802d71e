import * as z from "zod";

/** Made when somebody asks for it: a status that is shown does not. */
export const statusSchema = z.lazy(() =>
  z.object({
    mode: z.enum(["act", "observe"]).describe("observe: gates log what would have been done, and nothing acts"),
    organisation: z.object({ commit: z.string(), companies: z.int(), products: z.int(), servers: z.int() }),
    products: z.array(
      z.object({
        name: z.string(),
        company: z.string(),
        tier: z.int().optional(),
        priority: z.string().optional(),
        lifecycle: z.string().describe("`unseen` until the program has worked on the product for the first time"),
        build: z
          .object({ id: z.string(), state: z.string(), commit: z.string().optional(), at: z.iso.datetime() })
          .optional(),
        fail_count: z.int().describe("failed builds in a row"),
        released: z.object({ version: z.string(), at: z.iso.datetime() }).optional(),
        healed: z.int().describe("heals that ended well"),
        setup_required: z.boolean(),
        paused: z.string().optional(),
      }),
    ),
    waiting: z.array(z.object({ run: z.string(), title: z.string(), for: z.string(), detail: z.string() })),
    unfinished: z.array(z.object({ run: z.string(), title: z.string(), kind: z.string() })),
    taken_back: z
      .array(z.object({ run: z.string(), title: z.string(), why: z.string() }))
      .describe("the newest canary of an environment, where it was taken back"),
    approvals: z.array(
      z.object({ id: z.string(), action: z.string(), product: z.string().optional(), group: z.string() }),
    ),
    times: z
      .array(
        z.object({
          product: z.string(),
          stage: z.string(),
          runs: z.int(),
          next_ms: z
            .number()
            .describe("what the next run is likely to take: the median since the last change of level"),
          p90_ms: z.number().describe("nine of ten runs since then took no longer"),
          changed: z
            .object({ commit: z.string(), from_ms: z.number(), to_ms: z.number() })
            .optional()
            .describe("since this commit the stage takes longer, or shorter"),
        }),
      )
      .optional()
      .describe("with `times`: how long the stages take when they pass"),
    dead_letters: z.int().describe("alerts that were given up after ten tries"),
    dead_letter_error: z.string().optional().describe("why the newest of them could not be delivered"),
    database: z.enum(["sqlite", "postgres"]),
  }),
);
export type Status = z.infer<typeof statusSchema>;
