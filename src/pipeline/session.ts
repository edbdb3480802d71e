import type { Audit } from "../constitution/audit.ts";
import type { Constitution } from "../constitution/constitution.ts";
import type { Gate } from "../constitution/gate.ts";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import type { Emit } from "../core/events.ts";
import type { Redactor } from "../core/redact.ts";
import type { Homes } from "../core/state-home.ts";
import type { Located } from "../core/yaml.ts";
import type { ArtifactStore } from "../swarm/artifacts.ts";
import type { Swarm } from "../swarm/open.ts";
import type { SwarmReader } from "../swarm/reader.ts";
import type { Fleet } from "./fleet.ts";
import type { Spec } from "./spec.ts";

/** What every step has, before anything is opened. Nothing in it reads the process's environment again. */
export interface Workplace {
  readonly cwd: string;
  readonly emit: Emit;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly homes: Homes;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly requester: string;
  readonly trigger: "person" | "ci" | "cron" | "webhook" | "rollout";
  /** The environment as it was at the start: how tokens named by `token_env` are found, in the act half only. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a step has that only shows how the fleet stands. */
export interface Overview extends Workplace {
  readonly organisation: {
    readonly commit: string;
    readonly mode: Constitution["document"]["mode"];
    readonly fleet: Fleet;
  };
  readonly state: SwarmReader;
}

/**
 * The work half runs product code, asks models and holds no keys; the act half holds the keys, runs no product code and
 * takes what a work half left: its run, and the digests of exactly what is to be acted with.
 */
export type Half =
  | { readonly does: "work" }
  | { readonly does: "act"; readonly run: string | undefined; readonly digests: readonly string[] };

/**
 * All that a pillar may use while it works on one product: opened once by `org/`, handed down, closed by whoever opened
 * it.
 */
export interface Session extends Workplace {
  /** Which half of the work this process does; both, one after the other, when absent. */
  readonly half?: Half;
  readonly organisation: OpenOrganisation;
  /** Absent for steps that concern the whole organisation. */
  readonly product: OpenProduct | undefined;
  readonly swarm: Swarm;
  readonly artifacts: ArtifactStore;
  readonly audit: Audit;
  readonly gate: Gate;
  /**
   * Set where nothing acts and every gate only logs what it would have answered: by the constitution's `mode`, or by a
   * person who wanted it stricter. `dryRun` is set as well, so that whatever acts shows its plan instead.
   */
  readonly observing?: "constitution" | "person";
}

export interface OpenOrganisation {
  /** A work tree of the organisation repository, or the cache of its protected ref. */
  readonly path: string;
  /** The commit that every decision of this session names. */
  readonly commit: string;
  readonly constitution: Constitution;
  readonly fleet: Located<Fleet>;
}

export interface OpenProduct {
  readonly name: string;
  readonly company: string;
  /** Root of the product's work tree. */
  readonly path: string;
  /** The repository's identity in targets and rows: its `origin` URL without credentials, else its real path. */
  readonly repository: string;
  readonly spec: Located<Spec>;
  readonly config: Config;
}

/** The session's product; a step that `needs: "product"` always has one. */
export function productOf(session: Session): OpenProduct {
  if (!session.product) throw new Error("this step was opened without a product");
  return session.product;
}
