import * as z from "zod";

/** How much a release changes for its users, least first. */
export const LEVELS = ["none", "patch", "minor", "major"] as const;
export type Level = (typeof LEVELS)[number];

export function higher(a: Level, b: Level): Level {
  return LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b;
}

/**
 * How versions follow from commits. Everything has a default that fits a repository which follows Conventional Commits;
 * `release replay` shows how well the rules predict a repository's own past, and can fit them to it.
 */
export const rulesSchema = z.strictObject({
  types: z
    .record(z.string().regex(/^[a-z][\w-]*$/, "a commit type in lower case"), z.enum(LEVELS))
    .default({ feat: "minor", feature: "minor", fix: "patch", bugfix: "patch", perf: "patch", revert: "patch" })
    .describe("level of each commit type; a type that is not named releases nothing"),
  otherwise: z
    .enum(["none", "patch", "minor"])
    .default("none")
    .describe("level when commits came but none of them calls for a release"),
  zero: z
    .enum(["major", "minor", "patch"])
    .default("minor")
    .describe(
      "before 1.0.0: `major` treats 0.x like any version; `minor` lets a breaking change raise the minor number; `patch` also lets a feature raise only the patch number",
    ),
  squash: z
    .enum(["all", "subject"])
    .default("all")
    .describe("in a squashed commit count every conventional header of the body, or the subject alone"),
  merge_titles: z.boolean().default(true).describe("a merge commit counts by its pull request's title"),
  reverts: z.boolean().default(true).describe("a change and its revert since the last release cancel each other"),
  breaking: z
    .enum(["all", "types"])
    .default("all")
    .describe("`types`: only commits of a type that releases at all can be breaking"),
  first: z.string().default("1.0.0").describe("version of a first release when no manifest names one"),
  calver: z.string().optional().describe("calendar version format such as YYYY.MM.MICRO; absent: semantic versions"),
});

export type Rules = z.infer<typeof rulesSchema>;
export const DEFAULT_RULES: Rules = rulesSchema.parse({});
