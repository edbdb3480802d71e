import type { SourcePlace } from "./diagnostic.ts";

/**
 * What rules may ask about. One table: it types the CEL environment, the probes and the documentation. Integers are
 * counts unless the description names a unit.
 */
export const FACTS = {
  "run.pillar": [
    "string",
    "who asks: heal, release, publish, announce, deploy, docs, watch, org, generate, infra or undo",
  ],
  "run.id": ["string", "the journal's run id"],
  "run.trigger": ["string", "person, ci, cron, webhook or rollout"],
  "run.attempt": ["int", "which attempt at the same failure or release this is, from 1"],
  "run.requester": ["string", "who or what started the run"],
  "run.minutes": [
    "int",
    "whole minutes since the run's first process began; waiting for people, CI or a registry is not counted",
  ],
  "product.name": ["string", "the product's name in fleet.yaml"],
  "product.company": ["string", "the company it belongs to"],
  "product.tier": ["int", "how critical the product is; 0 is the most critical"],
  "product.priority": ["string", "critical, high, medium or low"],
  "product.lifecycle": ["string", "its lifecycle state"],
  "product.ecosystems": ["list<string>", "ecosystems of its packages"],
  "source.branch": ["string", "the branch the change or release comes from"],
  "source.commit": ["string", "full commit id"],
  "source.clean": ["bool", "the work tree has no uncommitted changes"],
  "source.age_hours": ["int", "whole hours since the commit was made"],
  "source.lacks_docs": ["list<string>", "documents of the constitution's release.docs that the commit does not have"],
  "target.branch.name": ["string", "the branch acted on"],
  "target.branch.protected": ["bool", "that branch is protected by the constitution's list or by the host"],
  "target.environment": ["string", "deploy target's environment"],
  "target.registry": ["string", "registry acted on, by its address without credentials"],
  "target.ecosystem": ["string", "npm, pypi, cargo, oci …"],
  "target.version": ["string", "version to be published or tagged"],
  "target.channel": ["string", "announcement channel"],
  "target.secrets": ["list<string>", "names of the secrets that are to be read or written"],
  "target.host": ["string", "host name of the endpoint, with port"],
  "target.loopback": ["bool", "the endpoint is on this machine"],
  "change.files": ["int", "files changed"],
  "change.lines": ["int", "lines added plus lines removed"],
  "change.paths": ["list<string>", "paths changed, relative to the repository"],
  "change.protected": ["list<string>", "those of them that are protected paths"],
  "change.adds_dependency": ["bool", "a manifest gains a dependency"],
  "change.weakens_tests": ["bool", "the diff deletes, skips or loosens a test or a lint rule"],
  "evidence.reproduced": ["bool", "the failure was seen again at the failing commit before the change"],
  "evidence.failing": ["string", "passed or failed: what failed before, after the change"],
  "evidence.suite": ["string", "passed or failed: the whole stage, after the change"],
  "fix.source": ["string", "template, builtin, search or model"],
  "fix.trust": ["double", "0 to 1"],
  "fix.adds": ["list<string>", "what the change brings in: dependency, url, command"],
  "model.calls_in_run": ["int", "model calls permitted in this run so far"],
  "model.calls_today": ["int", "model calls permitted in the last 24 hours, over all runs"],
  "model.tokens_in_run": [
    "int",
    "tokens that models took in this run so far, question and answer, as they count them; a call without a count took all it might",
  ],
  "model.tokens_today": ["int", "the same in the last 24 hours, over all runs"],
  "ci.green": ["bool", "the newest finished pipeline run of source.commit passed"],
  "scans.clean": ["bool", "every configured scan ran and found nothing over the threshold that is not waived"],
  "scans.complete": ["bool", "every configured scan ran and gave a usable answer"],
  "scans.stale": ["bool", "an advisory database is older than security.database_max_age, or nobody knows how old"],
  "scans.critical": ["int", "findings of that severity that are not waived"],
  "scans.high": ["int", "the same; what nobody rated counts as security.unrated says"],
  "scans.medium": ["int", "the same"],
  "scans.low": ["int", "the same"],
  "scans.new": ["int", "findings over the threshold and not waived that no earlier release had"],
  "scans.waived": ["int", "findings that a waiver covers"],
  "coverage.percent": [
    "double",
    "line coverage, 0 to 100, of the newest finished pipeline run of source.commit, by the reports that its stages name",
  ],
  "release.version": ["string", "version to be released"],
  "release.bump": ["string", "major, minor, patch or prerelease"],
  "release.first": ["bool", "there is no earlier release"],
  "release.commits": ["int", "commits since the last release"],
  "infra.creates": ["int", "resources that the infrastructure plan creates or replaces"],
  "infra.updates": ["int", "resources that it changes in place"],
  "infra.deletes": ["int", "resources that it removes, replaces or forgets"],
  "infra.resources": ["int", "resources that there are after it"],
  "infra.regions": ["list<string>", "regions and locations that it names"],
  "infra.drifted": ["bool", "the world was changed outside since the state was written"],
  "canary.rung": ["int", "the rung of a canary that is asked for, from 1; 0 where a version gets all traffic at once"],
  "canary.rungs": ["int", "how many rungs its ladder has"],
  "canary.share": ["int", "percent of the traffic that the version then has; 100 without a canary"],
  "canary.promoted_by": ["string", "start for the first rung, then criteria or person: who says that it goes on"],
  "sandbox.isolated": ["bool", "product code ran in namespaces of its own"],
  "now.weekday": ["string", "Monday … Sunday, in the constitution's time zone"],
  "now.hour": ["int", "0 to 23, in the constitution's time zone"],
  "now.date": ["string", "YYYY-MM-DD, in the constitution's time zone"],
} as const satisfies Record<string, readonly [FactType, string]>;

export type FactType = "string" | "int" | "double" | "bool" | "list<string>";
export type FactName = keyof typeof FACTS;

type ValueOfType = { string: string; int: number; double: number; bool: boolean; "list<string>": readonly string[] };
export type FactValue<N extends FactName> = ValueOfType[(typeof FACTS)[N][0]];

/** Where a fact came from: the probe that looked, and the digest of what it saw. */
export interface FactSource {
  readonly probe: string;
  /** SHA-256 of the evidence bytes (a command's output, a file, an API answer). */
  readonly evidence: string;
  readonly place?: SourcePlace;
}

declare const brand: unique symbol;

/** One established fact. Only `constitution/probe.ts` makes one; a pillar can pass facts on, not invent them. */
export interface Fact<N extends FactName = FactName> {
  readonly [brand]: true;
  readonly name: N;
  readonly value: FactValue<N>;
  readonly source: FactSource;
}

/** Facts by name; what is missing is unknown, which makes a deny match and an allow not match. */
export type Facts = { readonly [N in FactName]?: Fact<N> };

export const FACT_NAMES = Object.keys(FACTS) as FactName[];
