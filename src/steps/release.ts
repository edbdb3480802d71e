import * as z from "zod";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { describePlan } from "../pillars/release/describe.ts";
import { release } from "../pillars/release/release.ts";
import { type ReleaseResult, releaseResultSchema } from "../pillars/release/report.ts";
import type { Session } from "../pipeline/session.ts";
import { anchorAfterwards } from "./audit-anchor.ts";
import { CONTROLLER_CREDENTIAL } from "./controller-credential.ts";
import { type CredentialNeed, defineStep, type StepReport } from "./definition.ts";
import { effectLine } from "./effect-line.ts";

/** Tokens of the registries that a release publishes to; fleet.yaml's accounts may name other variables. */
export const RELEASE_CREDENTIALS: readonly CredentialNeed[] = [
  {
    variable: "GITHUB_TOKEN",
    credentialsId: "codemonkeys-github",
    kind: "string",
    summary: "pushes the release commit and tag, makes the GitHub release",
    half: "act",
    optional: true,
  },
  {
    variable: "NPM_TOKEN",
    credentialsId: "codemonkeys-npm",
    kind: "string",
    summary: "publishes to the npm registry",
    half: "act",
    optional: true,
  },
  {
    variable: "PYPI_TOKEN",
    credentialsId: "codemonkeys-pypi",
    kind: "string",
    summary: "publishes to the Python index",
    half: "act",
    optional: true,
  },
  {
    variable: "CARGO_REGISTRY_TOKEN",
    credentialsId: "codemonkeys-crates-io",
    kind: "string",
    summary: "publishes to the crate registry",
    half: "act",
    optional: true,
  },
  {
    variable: "DOCKER_TOKEN",
    credentialsId: "codemonkeys-docker",
    kind: "string",
    summary: "publishes to the container registry; user:password",
    half: "act",
    optional: true,
  },
  {
    variable: "PROVENANCE_KEY",
    credentialsId: "codemonkeys-provenance-key",
    kind: "string",
    summary: "signs the provenance of what is released, where ship.provenance.key_env names it",
    half: "act",
    optional: true,
  },
  CONTROLLER_CREDENTIAL,
];

const params = z.object({
  channel: z.string().optional().describe("pre-release channel, such as beta; a stable release without it"),
  release_as: z.string().optional().describe("this version, instead of the one that the commits call for"),
  resume: z.string().optional().describe("go on with this run; without it the newest unfinished release goes on"),
  tag: z
    .enum(["last", "first"])
    .optional()
    .describe("tag after everything is published, or before; as `release.tag_order` of the spec says without it"),
});

export const releaseStep = defineStep({
  name: "release",
  jenkinsName: "monkeysShip",
  summary: "Cut a release: version, changelog, artefacts, commit, publish, tag, announce",
  description:
    "Plans the version from the commits since the last tag, builds every artefact once, then acts effect by effect: each is asked of the constitution, looked up before it is done, and read back after. Whatever stops it (a refused gate, a registry that lags, a killed process), the same command finishes it.",
  examples: [
    {
      command: "codemonkeys release --dry-run",
      says: "the version, the changelog, each effect and each gate's answer",
    },
    { command: "codemonkeys release", says: "do it, or finish what stopped" },
    { command: "codemonkeys release --resume r-7f3a", says: "go on with a certain run" },
  ],
  params,
  result: releaseResultSchema,
  credentials: RELEASE_CREDENTIALS,
  tools: ["git", "ansible-playbook", "npm", "python3", "cargo", "buildah", "crane"],
  actions: [
    "git.commit",
    "git.push",
    "release.tag",
    "package.publish",
    "forge.release",
    "announce.post",
    "webhook.send",
    "secret.read",
  ],
  halves: true,
  retryOnAgentLoss: true,
  needs: "product",
  run: (session, given) => runRelease(session, given),
});

/** The release step's work, also for the release stage of a whole run. */
export async function runRelease(
  session: Session,
  given: z.infer<typeof params>,
): Promise<Outcome<StepReport<ReleaseResult>>> {
  const done = await release(session, {
    channel: given.channel,
    releaseAs: given.release_as,
    resume: given.resume,
    tag: given.tag,
  });
  if (!done.ok) return done;
  const unanchored = done.value.released ? await anchorAfterwards(session) : [];
  return succeed(reportOf(done.value, session.dryRun), [...done.warnings, ...unanchored]);
}

export const NO_RELEASE_OPTIONS = params.parse({});

function reportOf(result: ReleaseResult, dryRun: boolean): StepReport<ReleaseResult> {
  const headline = describePlan(result.plan);
  const lines = headline.split("\n");
  for (const { ecosystem, package: name, version, registry, already, installed } of result.published) {
    lines.push(
      `${ecosystem} ${name} ${version} ${already ? "was there already" : "published"} at ${registry}${installed ? ", installed from there" : ""}`,
    );
  }
  for (const { name, files, digest, signed, key } of result.provenance) {
    const state = signed ? `signed with key ${key?.slice(0, 16)}` : "unsigned: ship.provenance names no key";
    lines.push(`provenance ${name} of ${files.join(", ")} kept as sha256 ${digest} (${state})`);
  }
  for (const tag of result.tags) lines.push(`tagged ${tag}`);
  for (const { tag, url } of result.pages) lines.push(`GitHub release ${tag}: ${url}`);
  for (const { channel, to } of result.announced) lines.push(`announced by ${channel} to ${to}`);
  const effects = result.effects.map(effectLine);
  const notes = dryRun ? result.plan.units.flatMap(({ notes }) => ["", ...notes.trimEnd().split("\n")]) : [];
  if (result.handover) lines.push(`built; ${result.handover.run} waits for the act half`);
  return {
    ...(result.run ? { run: result.run } : {}),
    ...(result.handover ? { verdict: "waiting", handover: result.handover } : {}),
    artifacts: [
      ...result.artifacts.map(({ file, sha256 }) => ({ name: file, digest: sha256 })),
      ...result.provenance.map(({ name, digest }) => ({ name, digest })),
      ...(result.scan?.sboms.map(({ name, digest }) => ({ name, digest })) ?? []),
    ],
    data: result,
    summary: lines.join("\n"),
    display: dryRun ? [...effects, ...notes] : lines.slice(headline.split("\n").length),
  };
}
