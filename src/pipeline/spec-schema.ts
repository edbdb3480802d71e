import * as z from "zod";
import { ECOSYSTEM_IDS } from "../ecosystems/ecosystem.ts";
import { PRIORITIES } from "../swarm/states.ts";
import { canarySchema } from "./canary-schema.ts";
import { releaseRulesSchema } from "./release-rules.ts";
import { command, label, relativePath, slug } from "./spec-words.ts";

/**
 * The front matter of SPEC.md. Values end up in file names, in a Jenkinsfile and in shell environments, so names are
 * narrow and nothing but a command may hold control characters.
 */

const glob = label
  .regex(/^[^\\]*$/, "a pattern has `/` between its parts and no backslash")
  .describe("a glob: `*` within a path part, `**` over several");

/** One value or a list of them; always a list afterwards. */
const oneOrMore = <S extends z.ZodType<string>>(schema: S) =>
  z.union([schema, z.array(schema).min(1)]).transform((value): string[] => (Array.isArray(value) ? value : [value]));

export const SERVICE_TYPES = ["library", "service", "cli", "site", "worker"] as const;

export const tier = z.int().min(0).max(3).describe("0 is the most critical, 3 the least");
export const priority = z.enum(PRIORITIES).describe("which product's builds and repairs go first");

const when = z
  .strictObject({
    branch: oneOrMore(glob).optional().describe("only on branches that match one of these globs"),
    tag: oneOrMore(glob).optional().describe("only on a tag that matches one of these globs"),
    changed: oneOrMore(glob)
      .optional()
      .describe("only when a file that matches one of these globs changed since the last build that passed"),
    environment: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable"),
        z.union([label, z.number(), z.boolean()]).transform(String),
      )
      .optional()
      .describe("only when these environment variables have these values"),
  })
  .describe("all conditions given must hold; within a list one is enough");

const reports = z
  .strictObject({
    junit: oneOrMore(glob).optional().describe("JUnit XML files that the stage writes"),
    coverage: oneOrMore(glob).optional().describe("coverage reports (Cobertura XML or LCOV)"),
    sarif: oneOrMore(glob).optional().describe("SARIF files"),
  })
  .describe("files that the stage writes for people and Jenkins to read, as globs in the repository");

const common = {
  when: when.optional(),
  timeout_minutes: z.int().min(1).max(1_440).optional().describe("minutes until the command is ended; 30 when absent"),
  network: z
    .enum(["host", "none"])
    .optional()
    .describe("`none` runs the command without a network where the kernel allows it"),
  reports: reports.optional(),
};

const branch = z
  .union([command, z.strictObject({ run: command, ...common })])
  .transform((value): StageCommand => (typeof value === "string" ? { run: value } : value));

const axisValue = z
  .union([label, z.number(), z.boolean()])
  .transform(String)
  .describe("a value of the axis; the command finds it in MATRIX_<AXIS>");

const stage = z
  .union([
    command.describe("a shell command line"),
    z.strictObject({
      run: command.optional().describe("a shell command line"),
      parallel: z.record(slug, branch).optional().describe("commands that run side by side, by name"),
      matrix: z
        .record(z.string().regex(/^[a-z][a-z0-9_]{0,30}$/, "an axis is named in lower case"), z.array(axisValue).min(1))
        .optional()
        .describe("axes; the command runs once for each combination, with MATRIX_<AXIS> set"),
      ...common,
    }),
  ])
  .transform((value): StageSpec => (typeof value === "string" ? { run: value } : value));

type Reports = z.output<typeof reports>;
export type When = z.output<typeof when>;

/** A command of the spec with all that was said about it. */
export interface StageCommand {
  readonly run: string;
  readonly when?: When | undefined;
  readonly timeout_minutes?: number | undefined;
  readonly network?: "host" | "none" | undefined;
  readonly reports?: Reports | undefined;
}

/** One entry of `stages`: either a command (perhaps over a matrix) or commands side by side. */
export interface StageSpec extends Omit<StageCommand, "run"> {
  readonly run?: string | undefined;
  readonly parallel?: Readonly<Record<string, StageCommand>> | undefined;
  readonly matrix?: Readonly<Record<string, readonly string[]>> | undefined;
}

export const frontMatterSchema = z
  .strictObject({
    product: slug.describe("the product's name; the same as in fleet.yaml"),
    company: slug.describe("the company it belongs to"),
    tier: tier.optional(),
    priority: priority.optional(),
    service_type: z.enum(SERVICE_TYPES).default("library").describe("what kind of thing the product is"),
    packages: z
      .array(
        z.strictObject({
          ecosystem: z.enum(ECOSYSTEM_IDS),
          path: relativePath.default(".").describe("folder of the package's manifest"),
          publish: z.boolean().default(false).describe("whether a release publishes it"),
        }),
      )
      .default([]),
    stages: z
      .record(slug, stage)
      .default({})
      .describe("commands by stage name; build and test come first, then your own in the order written here"),
    port: z.int().min(1).max(65_535).optional().describe("port the service listens on"),
    dependencies: z.array(slug).default([]).describe("other products of the fleet that this one needs"),
    deploy: z
      .array(
        z.strictObject({
          environment: slug,
          servers: z
            .array(slug)
            .default([])
            .describe(
              "servers of the inventory or fleet.yaml; without any the inventory's group of the environment's name, or this machine where no inventory is configured",
            ),
          package: label.optional().describe("the package whose artefact is deployed, where there are several"),
          setup: command.optional().describe("run once in the unpacked folder, such as `npm ci --omit=dev`"),
          command: command.optional().describe("what runs the service, in its folder; it listens on $PORT"),
          health: label
            .regex(/^\/\S*$/, "a path begins with a slash")
            .default("/")
            .describe("path that answers 200 when it is well"),
          health_seconds: z.int().min(1).max(3_600).default(30).describe("how long it may take until it is"),
          variables: z
            .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of a variable"), label)
            .default({})
            .describe("variables of the service, without secrets"),
          root: label
            .regex(/^\/[^\0]*$/, "an absolute path on the servers")
            .optional()
            .describe("folder of all services on the servers; /srv/codemonkeys without it"),
          playbook: relativePath.optional().describe("a playbook of this repository instead of the library's"),
          canary: canarySchema.optional(),
        }),
      )
      .default([]),
    scan: z
      .boolean()
      .default(false)
      .describe("a stage that looks for vulnerabilities, secrets and misconfiguration in every build"),
    docs: z
      .strictObject({ site: z.enum(["mkdocs", "none"]).default("mkdocs") })
      .default({ site: "mkdocs" })
      .describe("the documentation site"),
    release: releaseRulesSchema.prefault({}).describe("how versions follow from commits, and how they are tagged"),
    announce: z.array(slug).default([]).describe("channels that hear of a release: webhook, x …"),
    infrastructure: z
      .strictObject({
        path: relativePath.default("tofu").describe("folder of the OpenTofu configuration"),
        environments: z.array(slug).min(1),
      })
      .optional(),
    owners: z.array(label).default([]).describe("who to ask: mail addresses or handles"),
    jenkins: z
      .strictObject({
        agent: label.optional().describe("label expression of the agents that run the stages"),
        node_tool: label.optional().describe("name of a NodeJS tool on the controller"),
        cron: z
          .string()
          .regex(/^(@[a-z]+|[-H0-9*/,() \tA-Za-z]+)$/, "Jenkins' cron syntax, such as `H 4 * * 1-5`")
          .optional()
          .describe("builds by the clock, in Jenkins' cron syntax"),
        timeout_minutes: z
          .int()
          .min(1)
          .max(14_400)
          .optional()
          .describe("bound of the whole pipeline; a day when absent"),
        timestamps: z.boolean().default(false).describe("times in Jenkins' log; needs the Timestamper plugin"),
        keep_builds: z.int().min(1).max(1_000).optional().describe("builds Jenkins keeps; 30 when absent"),
      })
      .default({ timestamps: false }),
  })
  .describe("front matter of SPEC.md");

export type FrontMatter = z.output<typeof frontMatterSchema>;
