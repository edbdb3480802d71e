import * as z from "zod";

/**
 * A fix, generalised: what was on the changed lines and what came instead, with every name, string, path and number of
 * the product replaced by a typed hole. A template holds no text of the product it was learned from, only words of the
 * language and its standard library (see vocabulary.ts), so it can be shared.
 */
const hole = z.object({
  type: z.enum(["identifier", "string", "path", "number", "quote"]),
  /**
   * How the hole gets its text: from the place where `before` matches; from what the log's reader captured; or as the
   * only name in scope that the text of another hole is a misspelling of.
   */
  from: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("match"),
      /** The name of a capture that it has to be equal to. */
      equals: z.string().optional(),
    }),
    z.object({ kind: z.literal("capture"), name: z.string() }),
    z.object({ kind: z.literal("nearest"), to: z.int().nonnegative() }),
  ]),
});

const piece = z.union([
  z.object({ text: z.string() }),
  z.object({ hole: z.int().nonnegative() }),
  /** White space inside a line, of any width. */
  z.object({ space: z.literal(true) }),
  /** A line's end; `indent` is the next line's indentation against the first line's, in levels. */
  z.object({ line: z.literal(true), indent: z.int() }),
]);

const hunk = z.object({
  before: z.array(piece),
  after: z.array(piece),
  /** Where lines are inserted when `before` is empty: among the file's imports, or at its very beginning. */
  insert: z.enum(["imports", "top"]).optional(),
});

export const templateSchema = z.object({
  version: z.literal(1),
  /** Of the file that is edited, with the dot. */
  extension: z.string(),
  holes: z.array(hole),
  hunks: z.array(hunk).min(1),
  /** What the edit brings in that a person should be asked about first. */
  adds: z.array(z.enum(["dependency", "url", "command"])),
});

export type EditTemplate = z.infer<typeof templateSchema>;
export type Piece = z.infer<typeof piece>;
export type Hole = z.infer<typeof hole>;
export type TemplateHunk = z.infer<typeof hunk>;
