import * as z from "zod";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Located } from "../core/yaml.ts";
import type { Fleet, FleetProduct } from "./fleet.ts";
import type { GeneratedFile } from "./generated.ts";
import { groovyString } from "./groovy.ts";
import { prioritySection } from "./seed-priority.ts";
import { ACT, actJobs, type Pipelines, SYSTEM, systemJobs } from "./seed-system.ts";
import { readStamp, STAMP_PLACE, stamp } from "./stamp.ts";

/** Where the file lies in the organisation repository. */
export const SEED_PATH = "jcasc/fleet.yaml";

/** Credential of the checkout: git over HTTPS wants a user name beside the token. */
const CHECKOUT = "codemonkeys-checkout";

/** What the file follows from besides the fleet. */
export interface SeedOptions {
  readonly zones: "one" | "two";
  /** The program's own. */
  readonly pipelines: Pipelines;
  /** The controller's list of plugins has Priority Sorter. */
  readonly sortsByPriority: boolean;
}

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
 * The fleet's jobs as Configuration as Code: a folder for each company with that company's credentials and system jobs, a
 * multibranch job for each product. With two zones the credentials are in the folder of the act half's jobs, where no
 * product's Jenkinsfile finds them and nothing runs a product's code. A product that leaves the fleet keeps its job and history, disabled; which ones those are stands
 * in the file itself, so `before` (its text until now) is part of the input.
 *
 * The scripts use only what Job DSL has by itself; a plugin's own words stand behind the question whether it is there.
 */
export function renderSeed(
  fleet: Located<Fleet>,
  before: string | undefined,
  { zones, sortsByPriority, pipelines }: SeedOptions,
): Outcome<Seed> {
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
    const given = Object.hasOwn(companies, company) ? companies[company] : undefined;
    scripts.push(folderScript(company, given, zones), systemScript(company, given, zones, pipelines));
    if (zones === "two") scripts.push(actScript(company, given, pipelines));
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
    const credentials = checkoutOf(fleet.value, one.product);
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
    ...(sortsByPriority ? prioritySection(jobs.map((one) => ({ folder: jobName(one), ...one.product }))) : []),
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

/** Id of the credential that a product's repository is checked out with; git by ssh has the agent's own key. */
export function checkoutOf(
  fleet: Fleet,
  { company, repo }: Pick<FleetProduct, "company" | "repo">,
): string | undefined {
  return /^https?:/i.test(repo) && fleet.companies[company]?.accounts.github ? CHECKOUT : undefined;
}

/** What an agent on another machine can clone. */
function isReachable(repo: string): boolean {
  return /^(?:https?|ssh|git):\/\//i.test(repo) || /^[\w.-]+@[\w.-]+:(?!\/\/)/.test(repo);
}

/** Name of the secret that holds the token of one company's account. */
export function secretName(company: string, service: string): string {
  return `${company}_${service}_token`;
}

type Company = Fleet["companies"][string] | undefined;
type Zones = SeedOptions["zones"];

function folderScript(company: string, given: Company, zones: Zones): string {
  const credentials = [
    ...checkoutCredential(company, given, zones),
    ...(zones === "one" ? tokens(company, given) : []),
  ];
  return script(folderLines(company, given?.name ?? company, credentials));
}

/** The folder of a company's system jobs, and these. With two zones it has no keys: heal and ship run product code. */
function systemScript(company: string, given: Company, zones: Zones, pipelines: Pipelines): string {
  return script([
    ...folderLines(`${company}/${SYSTEM}`, `System jobs of ${given?.name ?? company}`, []),
    ...systemJobs(company, zones, pipelines),
  ]);
}

/** The folder of the jobs that hold a company's keys, and these. */
function actScript(company: string, given: Company, pipelines: Pipelines): string {
  return script([
    ...folderLines(`${company}/${ACT}`, `Act half of ${given?.name ?? company}`, tokens(company, given)),
    ...actJobs(company, pipelines),
  ]);
}

function folderLines(path: string, title: string, credentials: readonly string[]): string[] {
  return [
    `folder(${inCasc(path)}) {`,
    `    displayName(${inCasc(title)})`,
    ...(credentials.length === 0 ? [] : credentialLines(credentials).map((line) => `    ${line}`)),
    "}",
  ];
}

/** Credentials of a folder, in no other's reach. */
function credentialLines(credentials: readonly string[]): string[] {
  return [
    "configure { folder ->",
    "    def property = folder / 'properties' / 'com.cloudbees.hudson.plugins.folder.properties.FolderCredentialsProvider_-FolderCredentialsProperty'",
    "    def entry = property / domainCredentialsMap(class: 'hudson.util.CopyOnWriteMap$Hash') / entry",
    "    entry / 'com.cloudbees.plugins.credentials.domains.Domain' / specifications",
    "    def list = entry / 'java.util.concurrent.CopyOnWriteArrayList'",
    ...credentials.map((line) => `    ${line}`),
    "}",
  ];
}

/**
 * What steps bind: one secret text for each account whose token CI binds. An account with an encrypted token has it from
 * its SOPS file.
 */
function tokens(company: string, given: Company): string[] {
  const accounts = Object.entries(given?.accounts ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return accounts.flatMap(([service, { token_env }]) => {
    if (token_env === undefined) return [];
    // Ids are written as all of Jenkins' are: crates_io is codemonkeys-crates-io.
    return credential("org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl", {
      id: `codemonkeys-${service.replaceAll("_", "-")}`,
      description: `${service} of ${company}`,
      secret: secret(secretName(company, service)),
    });
  });
}

/** With two zones it is a token of its own, which may only read: products' own Jenkinsfiles can reach it. */
function checkoutCredential(company: string, given: Company, zones: Zones): string[] {
  const account = given?.accounts.github;
  if (!account) return [];
  return credential("com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl", {
    id: CHECKOUT,
    description: `checks out the repositories of ${company}`,
    username: account.user ?? "x-access-token",
    password: secret(secretName(company, zones === "two" ? "checkout" : "github")),
  });
}

/** A text that is Groovy already. */
interface Source {
  readonly groovy: string;
}

/** Values pass through base64, so that no secret can end its string and become code of the script. */
function secret(name: string): Source {
  return { groovy: `new String('\${base64:\${${name}}}'.decodeBase64(), 'UTF-8')` };
}

function credential(type: string, members: Readonly<Record<string, string | Source>>): string[] {
  return [
    `list.appendNode('${type}').with {`,
    "    appendNode('scope', 'GLOBAL')",
    ...Object.entries(members).map(
      ([name, value]) => `    appendNode('${name}', ${typeof value === "string" ? inCasc(value) : value.groovy})`,
    ),
    "}",
  ];
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
