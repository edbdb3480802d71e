import * as z from "zod";

/** The kinds of words that SPEC.md holds; see spec-schema.ts for why they are narrow. */

/** Names of products, companies, stages: safe in a file name, a URL, a Groovy string and a branch name. */
export const slug = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9._-]{0,62}$/,
    "a name has letters, digits, `.`, `_` and `-`, begins with a letter and has at most 63 characters",
  );

/** Text on one line, as labels and tool names have it. */
export const label = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u, "one line without control characters");

/** A shell line. */
export const command = z
  .string()
  .min(1)
  .max(8_000)
  .regex(/\S/, "a command is not empty")
  .regex(/^[^\0\r]*$/, "a command has no NUL and no carriage return");

/** A path inside the repository. */
export const relativePath = label
  .refine((path) => !/^([/\\]|[A-Za-z]:)/.test(path), "the path is relative to the repository")
  .refine((path) => !path.split(/[/\\]/).includes(".."), "the path stays inside the repository");
