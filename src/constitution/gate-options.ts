import type { ActionName } from "../core/action.ts";
import type { Clock } from "../core/clock.ts";
import type { Emit } from "../core/events.ts";
import type { Facts } from "../core/facts.ts";
import type { Redactor } from "../core/redact.ts";
import type { Swarm } from "../swarm/open.ts";
import type { Audit } from "./audit.ts";
import type { Constitution } from "./constitution.ts";
import type { Pillar } from "./pillars.ts";
import type { AnswerSigners } from "./signed-answers.ts";

/** What a gate knows of the work it judges. */
export interface GateContext {
  readonly run?: { readonly id: string; readonly startedAt: number };
  readonly pillar?: Pillar;
  /** Which attempt at the same failure or release this is, from 1. */
  readonly attempt?: number;
  readonly trigger?: string;
  /** Facts that hold for every question, as the product's. A question's own facts count more. */
  readonly facts?: Facts;
  /**
   * Questions that are asked in one go, by the hash of their plans: one of them is no new version of another, and does not
   * make it void. Filled as they are asked.
   */
  readonly together?: Set<string>;
  /** The actions the step declared; asking for another one is a mistake in the program and refused. */
  readonly actions?: readonly ActionName[];
}

export interface GateOptions extends GateContext {
  /** The organisation's, at its protected ref; never the copy inside the change that is judged. */
  readonly constitution: Constitution;
  readonly organisationCommit: string;
  readonly swarm: Swarm;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly emit: Emit;
  /** Absent for work that concerns the whole organisation. */
  readonly product?: { readonly name: string; readonly company: string };
  readonly requester: string;
  /** See `ApprovalContext`. */
  readonly signers?: AnswerSigners | undefined;
  /** `plan` judges only; `observe` also logs what would have been done; only `act` issues permits. */
  readonly mode: "act" | "plan" | "observe";
  /** The half that this process does, where the halves are apart: each may ask for its own actions only. */
  readonly half?: "work" | "act" | undefined;
  /** How long a permit is good; milliseconds. */
  readonly permitMs?: number;
}
