import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Swarm } from "../swarm/open.ts";
import { type Pause, type PauseScope, pause, pausesInForce, resume } from "../swarm/pauses.ts";
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

/** Why nothing acts for a product, or for the organisation itself, while a pause is in force; undefined without one. */
export async function pauseReason(
  swarm: Swarm,
  product: { readonly name: string; readonly company: string } | undefined,
): Promise<Outcome<string | undefined>> {
  const pauses = await pausesInForce(swarm, product ? { company: product.company, product: product.name } : {});
  if (!pauses.ok) return pauses;
  // Work on the organisation itself is held up by a pause of the fleet only.
  const first = pauses.value.find(({ of }) => product !== undefined || of.scope === "fleet");
  if (!first) return succeed(undefined);
  const { of } = first;
  const what = of.scope === "fleet" ? "the fleet" : of.scope === "company" ? `the company ${of.company}` : of.product;
  return succeed(`${first.by} paused ${what}: ${first.reason}`);
}

function subjectOf({ of, by }: Order): AuditSubject {
  return {
    ...(of.scope === "fleet" ? {} : { company: of.company }),
    ...(of.scope === "product" ? { product: of.product } : {}),
    requester: by,
  };
}
