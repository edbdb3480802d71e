import type { ActionName } from "../core/action.ts";
import type { Clock } from "../core/clock.ts";
import type { Diagnostic } from "../core/diagnostic.ts";
import type { Emit } from "../core/events.ts";
import type { Redactor } from "../core/redact.ts";
import type { Overview, Session, Workplace } from "../pipeline/session.ts";
import type { HalfWanted } from "./half.ts";

export interface OpenOptions {
  readonly needs: "nothing" | "overview" | "organisation" | "either" | "product";
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly product: string | undefined;
  readonly dryRun: boolean;
  /** A person wants nothing to act, whatever the constitution's mode. */
  readonly observe: boolean;
  readonly emit: Emit;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What the step declared that it may ask for; with none it only reads. */
  readonly actions: readonly ActionName[];
  /** The half that the call asks for, where the halves are apart. */
  readonly half?: HalfWanted;
}

export interface Opened {
  /** A whole Session unless the step needs nothing, or only an overview. */
  readonly session: Session | Overview | Workplace;
  /** Name of the product that was opened. */
  readonly product: string | undefined;
  /** What to tell at the end of a session that only observes. */
  readonly observed: Diagnostic | undefined;
  close(): Promise<void>;
}
