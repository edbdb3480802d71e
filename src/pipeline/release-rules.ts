import * as z from "zod";
import { didYouMean } from "../core/suggest.ts";

/** How much a release changes for its users, least first. */
export const LEVELS = ["none", "patch", "minor", "major"] as const;
export type Level = (typeof LEVELS)[number];

export function higher(a: Level, b: Level): Level {
  return LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b;
}

/** Parts of a calendar version that the date gives, after calver.org. */
export const CALENDAR_PARTS = ["YYYY", "YY", "0Y", "MM", "0M", "WW", "0W", "DD", "0D"] as const;
/** The part that counts releases which share the rest of a calendar version. */
export const COUNTERS = ["MICRO", "PATCH"] as const;

const DEFAULT_TYPES: Readonly<Record<string, Level>> = {
  feat: "minor",
  feature: "minor",
  fix: "patch",
  bugfix: "patch",
  perf: "patch",
  revert: "patch",
};

const level = z.enum(LEVELS);
const section = z
  .string()
  .max(80)
  .regex(/^[^\p{Cc}\u2028\u2029#<>[\]`]*\S[^\p{Cc}\u2028\u2029#<>[\]`]*$/u, "a heading's text, without markup");

const types = z.record(
  z.string().regex(/^[a-z][\w-]*$/, "a commit type begins with a letter and is written in lower case"),
  z.union([
    level,
    z.strictObject({
      level: level.default("none"),
      section: section.optional().describe("heading of such changes in changelog and notes, whatever their level"),
    }),
  ]),
);

/** What may stand before the version: nothing, `v`, or text that ends with a separator and perhaps a `v`. */
const TAG_SCHEME = /^(?:(?:[A-Za-z0-9@]|\{name\})(?:[A-Za-z0-9._@/-]|\{name\})*[@/_-])?[vV]?\{version\}$/;
const REF_TROUBLE = /\.\.|\/\/|\/\.|\.\/|\.lock\/|@\{(?!version\}|name\})/;

/**
 * How versions follow from commits, and what tags they get: `release` in SPEC.md. Everything has a default that fits a
 * repository which follows Conventional Commits; `release replay` shows how well rules predict a repository's own past.
 */
export const releaseRulesSchema = z
  .strictObject({
    types: types
      .default({})
      .describe(
        "level of a commit type (`deps: patch`), or level and changelog section (`deps: { level: patch, section: Dependencies }`); added to feat, fix, perf and revert. A type that is not named releases nothing",
      ),
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
    first: z
      .string()
      .regex(/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)$/, "a version of three numbers, such as 0.1.0")
      .default("1.0.0")
      .describe("version of a first release when no manifest names one"),
    prerelease_from: z
      .union([z.literal(0), z.literal(1)])
      .default(1)
      .describe("number of the first pre-release on a channel: 1.5.0-rc.1, or 1.5.0-rc.0"),
    calver: z
      .string()
      .superRefine((format, context) => {
        const wrong = calendarProblem(format);
        if (wrong !== undefined) context.addIssue(wrong);
      })
      .optional()
      .describe("calendar versions instead of semantic ones: a format such as YYYY.MM.MICRO"),
    tag: z
      .string()
      .regex(
        TAG_SCHEME,
        "a tag scheme ends with {version}; before it stand nothing, v, or words and {name} with a separator: v{version}, {name}@{version}, {name}-v{version}, release-{version}",
      )
      .refine(
        (scheme) => !REF_TROUBLE.test(scheme),
        "git takes no such tag: no `..`, `//`, nor a part that begins or ends with a dot",
      )
      .optional()
      .describe("how tags are spelled, such as v{version} or {name}@{version}; without it as the last one was"),
    files: z
      .array(z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$)).+$/, "a path in the repository"))
      .default([])
      .describe(
        "further files that name the version, on lines marked with a comment `x-release-version` or between `x-release-start-version` and `x-release-end`",
      ),
    tag_order: z.enum(["last", "first"]).default("last").describe("tag after everything is published, or before"),
    built_tag: z
      .strictObject({
        name: z
          .string()
          .regex(
            /^[A-Za-z0-9][A-Za-z0-9._/-]*[._/-]\{version\}$/,
            "words and a separator before {version}: library-{version}",
          )
          .refine((name) => !REF_TROUBLE.test(name), "git takes no such tag")
          .describe("the tag, such as library-{version}"),
        command: z
          .string()
          .trim()
          .min(1)
          .regex(/^[^\p{Cc}]*$/u, "one line without control characters")
          .describe("builds the files, in a scratch work tree with the new version"),
        files: z
          .array(
            z
              .string()
              .regex(
                /^(?!\/)(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\p{Cc}\\,]+$/u,
                "a path below the product's root, without a comma",
              ),
          )
          .min(1)
          .max(100),
      })
      .optional()
      .describe(
        "a second tag, of a commit on top of the release's that also has built files: for those who load a tag and build nothing, such as a Jenkins shared library or a GitHub action. No branch gets that commit",
      ),
    versions: z
      .enum(["auto", "linked", "independent"])
      .default("auto")
      .describe(
        "of several packages: `linked` gives all one version, `independent` each its own; `auto` goes by the tags that there are",
      ),
  })
  .refine(({ versions, tag }) => versions !== "independent" || tag === undefined || tag.includes("{name}"), {
    path: ["tag"],
    message: "packages with versions of their own need their name in the tag, such as {name}@{version}",
  })
  .refine(({ built_tag, tag }) => built_tag === undefined || (tag !== undefined && tag !== built_tag.name), {
    path: ["built_tag"],
    message: "a second tag needs the first one to be said, and to be another: tag: v{version}",
  })
  .transform(({ types: given, ...rest }) => {
    const entries = Object.entries(given).map(
      ([type, said]) => [type, typeof said === "string" ? { level: said } : said] as const,
    );
    return {
      ...rest,
      types: { ...DEFAULT_TYPES, ...Object.fromEntries(entries.map(([type, said]) => [type, said.level])) } as Record<
        string,
        Level
      >,
      /** Changelog headings by commit type, in the order in which they were written. */
      sections: Object.fromEntries(
        entries.flatMap(([type, said]) =>
          "section" in said && said.section !== undefined ? [[type, said.section]] : [],
        ),
      ) as Record<string, string>,
    };
  });

export type Rules = z.output<typeof releaseRulesSchema>;
export const DEFAULT_RULES: Rules = releaseRulesSchema.parse({});

/** Why a text is no format of calendar versions, and what was probably meant; undefined when it is one. */
export function calendarProblem(format: string): string | undefined {
  const known = [...CALENDAR_PARTS, ...COUNTERS];
  const parts = format.split(".");
  const unknown = parts.find((part) => !(known as string[]).includes(part));
  if (unknown !== undefined) {
    const meant = didYouMean(unknown, known);
    const said = `no part of a calendar version: ${unknown === "" ? "an empty text" : unknown}`;
    return meant
      ? `${said}; did you mean ${meant}?`
      : `${said}; use two or three of ${known.join(", ")} with dots between`;
  }
  // Tags are read back as two or three numbers.
  if (parts.length < 2 || parts.length > 3)
    return `a calendar version has two or three parts, such as YYYY.MM.MICRO; ${format} has ${parts.length}`;
  if (parts.filter((part) => (COUNTERS as readonly string[]).includes(part)).length > 1)
    return `one counter is enough: keep one of MICRO and PATCH`;
  return undefined;
}
