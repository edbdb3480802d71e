import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "../swarm/open.ts";
import { type Pause, type PauseScope, pause, resume } from "../swarm/pauses.ts";
import type { Audit, AuditSubject } from "./audit.ts";

interface Order {
  readonly of: PauseScope;
  /** The person who gives the order. */
  readonly by: string;
}

/**
 * Holds up everything in a scope: every gate answers deny until it is resumed. Needs no permit (stopping is always
 * allowed), and is logged before it counts.
 */
export async function pauseWork(
  { swarm, audit }: { readonly swarm: Swarm; readonly audit: Audit },
  order: Order & { readonly reason: string },
): Promise<Outcome<Pause>> {
  const data = { of: { ...order.of }, reason: order.reason };
  const logged = await audit.append({ ...subjectOf(order), kind: "pause.begun", data });
  return logged.ok ? await pause(swarm, order) : logged;
}

/** Ends the pauses of exactly this scope, logged; answers how many there were. */
export async function resumeWork(
  { swarm, audit }: { readonly swarm: Swarm; readonly audit: Audit },
  order: Order,
): Promise<Outcome<number>> {
  const logged = await audit.append({ ...subjectOf(order), kind: "pause.ended", data: { of: { ...order.of } } });
  return logged.ok ? await resume(swarm, order) : logged;
}

function subjectOf({ of, by }: Order): AuditSubject {
  return {
    ...(of.scope === "fleet" ? {} : { company: of.company }),
    ...(of.scope === "product" ? { product: of.product } : {}),
    requester: by,
  };
}
