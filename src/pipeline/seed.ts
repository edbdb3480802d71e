import * as z from "zod";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Located } from "../core/yaml.ts";
import type { Fleet, FleetProduct } from "./fleet.ts";
import type { GeneratedFile } from "./generated.ts";
import { groovyString } from "./groovy.ts";
import { readStamp, STAMP_PLACE, stamp } from "./stamp.ts";

/** Where the file lies in the organisation repository. */
export const SEED_PATH = "jcasc/fleet.yaml";

/** Credential of the checkout: git over HTTPS wants a user name beside the token. */
const CHECKOUT = "codemonkeys-checkout";

/** Begins the line that lists every job ever made and its repository, for those that leave the fleet. */
const KNOWN = "# known: ";
const knownJobs = z.record(z.string().regex(/^[^/]+\/[^/]+$/), z.string());

interface KnownJob {
  readonly job: string;
  readonly repo: string;
}

export interface Seed {
  readonly file: GeneratedFile;
  /** Products that are no longer in the fleet: their jobs stay, disabled. */
  readonly removed: readonly string[];
}

/**
 * The fleet's jobs as Configuration as Code: a folder for each company with that company's credentials, a multibranch
 * job for each product. A product that leaves the fleet keeps its job and history, disabled; which ones those are stands
 * in the file itself, so `before` (its text until now) is part of the input.
 *
 * The scripts use only what Job DSL has by itself, no plugin's own words: they read the same on every controller.
 */
export function renderSeed(fleet: Located<Fleet>, before: string | undefined): Outcome<Seed> {
  const { companies, products } = fleet.value;
  const warnings: Diagnostic[] = [];
  const scripts: string[] = [];
  const jobs = Object.entries(products)
    .map(([name, product]) => ({ name, product }))
    .sort((a, b) => (jobName(a) < jobName(b) ? -1 : 1));
  const gone = removedJobs(before, new Set(jobs.map(jobName)));
  if (!gone.ok) return gone;
  const removed = gone.value;
  const known: Record<string, string> = Object.fromEntries(removed.map(({ job, repo }) => [job, repo]));
  const folders = new Set([...Object.keys(companies), ...removed.map(({ job }) => job.split("/")[0] as string)]);
  for (const company of [...folders].sort()) {
    scripts.push(folderScript(company, Object.hasOwn(companies, company) ? companies[company] : undefined));
  }
  for (const one of jobs) {
    if (!isReachable(one.product.repo)) {
      warnings.push(
        problem("config", "seed.local_repository", `${one.name} gets no job: no agent can reach ${one.product.repo}`, {
          severity: "warning",
          where: fleet.place(["products", one.name, "repo"]),
          next: "give its address as https://…, ssh://… or git@HOST:PATH",
        }),
      );
      continue;
    }
    const credentials = companies[one.product.company]?.accounts.github ? CHECKOUT : undefined;
    known[jobName(one)] = one.product.repo;
    scripts.push(jobScript({ job: jobName(one), repo: one.product.repo, credentials, disabled: false }));
  }
  for (const { job, repo } of removed) scripts.push(jobScript({ job, repo, credentials: undefined, disabled: true }));
  const text = [
    "# The jobs of the fleet, for Configuration as Code beside jcasc/jenkins.yaml.",
    `# Generated from fleet.yaml by codemonkeys controller jobs. ${STAMP_PLACE}`,
    "# Each secret is a file, or a variable, of the name that stands in the braces.",
    `${KNOWN}${JSON.stringify(known)}`,
    ...(scripts.length === 0 ? ["jobs: []"] : ["jobs:"]),
    ...scripts,
    "",
  ].join("\n");
  const origin = { source: "fleet.yaml", command: "codemonkeys controller jobs" };
  return succeed(
    { file: { path: SEED_PATH, text: stamp(text), keeper: "program", origin }, removed: removed.map(({ job }) => job) },
    warnings,
  );
}

function jobName({ name, product }: { name: string; product: FleetProduct }): string {
  return `${product.company}/${name}`;
}

/** What an agent on another machine can clone. */
function isReachable(repo: string): boolean {
  return /^(?:https?|ssh|git):\/\//i.test(repo) || /^[\w.-]+@[\w.-]+:(?!\/\/)/.test(repo);
}

/** Name of the secret that holds the token of one company's account. */
export function secretName(company: string, service: string): string {
  return `${company}_${service}_token`;
}

function folderScript(company: string, given: Fleet["companies"][string] | undefined): string {
  const accounts = Object.entries(given?.accounts ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = [
    `folder(${inCasc(company)}) {`,
    `    displayName(${inCasc(given?.name ?? company)})`,
    ...(accounts.length === 0 ? [] : credentialLines(company, accounts).map((line) => `    ${line}`)),
    "}",
  ];
  return script(lines);
}

/**
 * The company's credentials, in its folder only. Values pass through base64, so that no secret can end its string and
 * become code of the script.
 */
function credentialLines(
  company: string,
  accounts: readonly (readonly [string, Fleet["companies"][string]["accounts"][string]])[],
): string[] {
  const lines = [
    "configure { folder ->",
    "    def property = folder / 'properties' / 'com.cloudbees.hudson.plugins.folder.properties.FolderCredentialsProvider_-FolderCredentialsProperty'",
    "    def entry = property / domainCredentialsMap(class: 'hudson.util.CopyOnWriteMap$Hash') / entry",
    "    entry / 'com.cloudbees.plugins.credentials.domains.Domain' / specifications",
    "    def list = entry / 'java.util.concurrent.CopyOnWriteArrayList'",
  ];
  for (const [service, account] of accounts) {
    const value = `new String('\${base64:\${${secretName(company, service)}}}'.decodeBase64(), 'UTF-8')`;
    lines.push(
      "    list.appendNode('org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl').with {",
      "        appendNode('scope', 'GLOBAL')",
      `        appendNode('id', ${inCasc(`codemonkeys-${service}`)})`,
      `        appendNode('description', ${inCasc(`${service} of ${company}`)})`,
      `        appendNode('secret', ${value})`,
      "    }",
    );
    if (service !== "github") continue;
    lines.push(
      "    list.appendNode('com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl').with {",
      "        appendNode('scope', 'GLOBAL')",
      `        appendNode('id', ${inCasc(CHECKOUT)})`,
      `        appendNode('description', ${inCasc(`checks out the repositories of ${company}`)})`,
      `        appendNode('username', ${inCasc(account.user ?? "x-access-token")})`,
      `        appendNode('password', ${value})`,
      "    }",
    );
  }
  return [...lines, "}"];
}

function jobScript(job: {
  readonly job: string;
  readonly repo: string;
  readonly credentials: string | undefined;
  readonly disabled: boolean;
}): string {
  const name = job.job.split("/")[1] as string;
  return script([
    `multibranchPipelineJob(${inCasc(job.job)}) {`,
    `    displayName(${inCasc(name)})`,
    "    branchSources {",
    "        git {",
    `            id(${inCasc(job.job)})`,
    `            remote(${inCasc(job.repo)})`,
    ...(job.credentials ? [`            credentialsId(${inCasc(job.credentials)})`] : []),
    "        }",
    "    }",
    "    // What a webhook missed is found once a day.",
    "    triggers {",
    "        cron('@daily')",
    "    }",
    "    orphanedItemStrategy {",
    "        discardOldItems {",
    "            daysToKeep(30)",
    "            numToKeep(50)",
    "        }",
    "    }",
    `    configure { it / disabled(${job.disabled}) }`,
    "}",
  ]);
}

/** A Groovy string in which Configuration as Code replaces nothing. */
function inCasc(text: string): string {
  return groovyString(text).replaceAll("${", "^${");
}

function script(lines: readonly string[]): string {
  return ["  - script: |", ...lines.map((line) => `      ${line}`)].join("\n");
}

/**
 * Jobs that the file knew and the fleet no longer has. Read from an intact file only: what somebody wrote into it by hand
 * names no jobs.
 */
function removedJobs(before: string | undefined, now: ReadonlySet<string>): Outcome<KnownJob[]> {
  if (before === undefined) return succeed([]);
  const line = before.split(/\r?\n/).find((one) => one.startsWith(KNOWN));
  if (readStamp(before) !== "intact" || !line) return succeed([]);
  const known = knownJobs.safeParse(JSON.parse(line.slice(KNOWN.length)));
  if (!known.success) {
    return fail(
      problem("config", "seed.unknown_format", `${SEED_PATH} was written by another version of the program`, {
        where: { file: SEED_PATH },
        next: "generate it with that version, or remove it; jobs of removed products are then disabled by hand",
      }),
    );
  }
  return succeed(
    Object.entries(known.data)
      .filter(([job]) => !now.has(job))
      .map(([job, repo]) => ({ job, repo }))
      .sort((a, b) => (a.job < b.job ? -1 : 1)),
  );
}
