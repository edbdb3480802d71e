import { randomBytes } from "node:crypto";
import type { BuildRef } from "../core/ci-backend.ts";
import type { Outcome } from "../core/diagnostic.ts";
import type { Database, Swarm } from "./open.ts";
import { decodeValue } from "./step-values.ts";
import type { TriggersTable } from "./tables/builds.ts";
import { ensureCompany, query, transact } from "./transact.ts";

export type TriggerKind = TriggersTable["kind"];

/** Something that watching saw and that leads to one piece of work, once. */
export interface Trigger {
  readonly id: string;
  readonly company: string;
  readonly product: string;
  readonly kind: TriggerKind;
  /** What happened: the same key never triggers the same kind twice. */
  readonly key: string;
  readonly source: TriggersTable["source"];
  readonly reason: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly state: TriggersTable["state"];
  /** How often its start was begun: more than none, and the work may have been started already. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Adds a trigger; undefined when the same was seen before, by whichever pass or machine. */
export async function addTrigger(
  swarm: Swarm,
  trigger: Omit<Trigger, "id" | "state" | "attempts" | "createdAt">,
): Promise<Outcome<Trigger | undefined>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, trigger.company, now);
    const row = await trx
      .insertInto("triggers")
      .values({
        ...trigger,
        id: `w-${randomBytes(6).toString("hex")}`,
        parameters: JSON.stringify(trigger.parameters),
        state: "pending",
        attempts: 0,
        created_at: now,
        updated_at: now,
      })
      .onConflict((conflict) => conflict.columns(["company", "product", "kind", "key"]).doNothing())
      .returningAll()
      .executeTakeFirst();
    return row && triggerOf(row);
  });
}

function triggersOf(db: Database, of: { readonly company: string; readonly product: string }) {
  return db.selectFrom("triggers").selectAll().where("company", "=", of.company).where("product", "=", of.product);
}

/** Triggers of a product that wait for their start: those of this pass, and what a killed one left. Oldest first. */
export async function pendingTriggers(
  swarm: Swarm,
  of: { readonly company: string; readonly product: string },
): Promise<Outcome<Trigger[]>> {
  return await query(swarm, async (db) => {
    const rows = await triggersOf(db, of).where("state", "=", "pending").orderBy("created_at").execute();
    return rows.map(triggerOf);
  });
}

/** Triggers of a product and kind, newest first. */
export async function listTriggers(
  swarm: Swarm,
  of: {
    readonly company: string;
    readonly product: string;
    readonly kind: TriggerKind;
    readonly limit: number;
  },
): Promise<Outcome<Trigger[]>> {
  return await query(swarm, async (db) => {
    const rows = await triggersOf(db, of)
      .where("kind", "=", of.kind)
      .orderBy("created_at", "desc")
      .limit(of.limit)
      .execute();
    return rows.map(triggerOf);
  });
}

/** Whether the same was seen before. */
export async function isKnownTrigger(
  swarm: Swarm,
  { company, product, kind, key }: Pick<Trigger, "company" | "product" | "kind" | "key">,
): Promise<Outcome<boolean>> {
  return await query(swarm, async (db) => {
    const row = await db
      .selectFrom("triggers")
      .select("id")
      .where("company", "=", company)
      .where("product", "=", product)
      .where("kind", "=", kind)
      .where("key", "=", key)
      .executeTakeFirst();
    return row !== undefined;
  });
}

/** Notes that a trigger is about to be started: who finds this row pending looks first whether it was. */
export async function claimTrigger(swarm: Swarm, id: string): Promise<Outcome<void>> {
  return await query(swarm, async (db) => {
    await db
      .updateTable("triggers")
      .set((row) => ({ attempts: row("attempts", "+", 1), updated_at: swarm.clock.now() }))
      .where("id", "=", id)
      .execute();
  });
}

/** Notes what became of a trigger; one that stays `pending` is tried again by the next pass. */
export async function settleTrigger(
  swarm: Swarm,
  id: string,
  end: { readonly state: Trigger["state"]; readonly detail?: string | undefined; readonly ref?: BuildRef | undefined },
): Promise<Outcome<void>> {
  return await query(swarm, async (db) => {
    await db
      .updateTable("triggers")
      .set({
        state: end.state,
        detail: end.detail ?? null,
        backend: end.ref?.backend ?? null,
        job: end.ref?.job ?? null,
        build: end.ref?.id ?? null,
        updated_at: swarm.clock.now(),
      })
      .where("id", "=", id)
      .execute();
  });
}

function triggerOf(row: TriggersTable): Trigger {
  const { id, company, product, kind, key, source, reason, state, attempts } = row;
  const parameters = decodeValue<Record<string, string>>(row.parameters);
  const createdAt = row.created_at;
  return { id, company, product, kind, key, source, reason, parameters, state, attempts, createdAt };
}
