import { randomBytes } from "node:crypto";
import { canonicalJson, type Json } from "../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { acquireLease } from "./leases.ts";
import type { Swarm } from "./open.ts";
import { decodeValue, storableText } from "./step-values.ts";
import type { OutboxTable } from "./tables/journal.ts";
import { ensureCompany, query, transact } from "./transact.ts";

/** Something to be told to the outside, at least once, always under the same key. */
export interface Message {
  readonly id: string;
  readonly company: string;
  readonly product: string | undefined;
  /** Who delivers it: `webhook`, `mastodon` … */
  readonly topic: string;
  /** The idempotency key that the receiver sees; one message of a topic has it. */
  readonly key: string;
  readonly payload: Json;
  readonly state: OutboxTable["state"];
  readonly attempts: number;
  readonly nextAt: number;
  readonly lastError: string | undefined;
}

/** Tries, then it is a dead letter: with the waits below they span half a day. */
export const MAX_ATTEMPTS = 10;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 4 * 60 * 60 * 1000;

/** Puts a message in; the same topic and key again is the same message. Answers its id. */
export async function enqueue(
  swarm: Swarm,
  message: Pick<Message, "company" | "topic" | "key" | "payload"> & { readonly product?: string | undefined },
): Promise<Outcome<string>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, message.company, now);
    await trx
      .insertInto("outbox")
      .values({
        id: `o-${randomBytes(6).toString("hex")}`,
        company: message.company,
        product: message.product ?? null,
        topic: message.topic,
        key: message.key,
        payload: canonicalJson(message.payload),
        state: "pending",
        attempts: 0,
        next_at: now,
        created_at: now,
      })
      .onConflict((conflict) => conflict.columns(["company", "topic", "key"]).doNothing())
      .execute();
    const { id } = await trx
      .selectFrom("outbox")
      .select("id")
      .where("company", "=", message.company)
      .where("topic", "=", message.topic)
      .where("key", "=", message.key)
      .executeTakeFirstOrThrow();
    return id;
  });
}

/** What one pass over the outbox did. */
export interface Delivery {
  readonly delivered: readonly string[];
  /** To be tried again later. */
  readonly postponed: readonly string[];
  /** Given up in this pass. */
  readonly dead: readonly string[];
}

/**
 * Delivers what is due, oldest first, each under a lease, so that two processes never send the same message at once. A
 * process killed between sending and noting it sends again, with the same key. After a failure the next try waits twice
 * as long, to four hours; after `MAX_ATTEMPTS` the message is a dead letter.
 */
export async function deliverDue(
  swarm: Swarm,
  send: (message: Message) => Promise<Outcome<unknown>>,
  options: { readonly topic?: string; readonly limit?: number } = {},
): Promise<Outcome<Delivery>> {
  const due = await dueMessages(swarm, options);
  if (!due.ok) return due;
  const delivered: string[] = [];
  const postponed: string[] = [];
  const dead: string[] = [];
  for (const id of due.value) {
    const lease = await acquireLease(swarm, `message ${id}`);
    if (!lease.ok) {
      if (lease.diagnostics[0]?.code === "journal.held") continue;
      return lease;
    }
    // Looked at again under the lease: another process may have delivered it since.
    const row = await query(swarm, (db) =>
      db.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
    );
    if (!row.ok || row.value.state !== "pending" || !isDue(row.value.next_at, swarm.clock.now())) {
      const released = await lease.value.release();
      if (!row.ok) return row;
      if (!released.ok) return released;
      continue;
    }
    const sent = await send(messageOf(row.value));
    const state = sent.ok ? "delivered" : row.value.attempts + 1 >= MAX_ATTEMPTS ? "dead" : "pending";
    const noted = await transact(swarm, async (trx) => {
      if (!(await lease.value.guard(trx))) return;
      const now = swarm.clock.now();
      await trx
        .updateTable("outbox")
        .set({
          state,
          attempts: row.value.attempts + 1,
          next_at: now + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** row.value.attempts),
          last_error: sent.ok ? null : words(sent.diagnostics),
          finished_at: state === "pending" ? null : now,
        })
        .where("id", "=", id)
        .execute();
      await trx.deleteFrom("leases").where("resource", "=", lease.value.resource).execute();
    });
    lease.value.end();
    if (!noted.ok) return noted;
    ({ delivered, pending: postponed, dead })[state].push(id);
  }
  return succeed({ delivered, postponed, dead });
}

async function dueMessages(
  swarm: Swarm,
  options: { readonly topic?: string; readonly limit?: number },
): Promise<Outcome<string[]>> {
  return await query(swarm, async (db) => {
    const now = swarm.clock.now();
    let rows = db
      .selectFrom("outbox")
      .select("id")
      .where("state", "=", "pending")
      .where((row) => row.or([row("next_at", "<=", now), row("next_at", ">", now + LONGEST_WAIT_MS)]));
    if (options.topic !== undefined) rows = rows.where("topic", "=", options.topic);
    const found = await rows
      .orderBy("created_at")
      .orderBy("id")
      .limit(options.limit ?? 100)
      .execute();
    return found.map((row) => row.id);
  });
}

/** A next try further off than the longest wait was set by a clock that has jumped: it is due. */
function isDue(nextAt: number, now: number): boolean {
  return nextAt <= now || nextAt > now + LONGEST_WAIT_MS;
}

/** Messages of a state, oldest first: `dead` for those that need a person. */
export async function listMessages(
  swarm: Swarm,
  filter: {
    readonly state?: OutboxTable["state"] | readonly OutboxTable["state"][];
    readonly company?: string;
    readonly topic?: string;
  } = {},
): Promise<Outcome<Message[]>> {
  return await query(swarm, async (db) => {
    let rows = db.selectFrom("outbox").selectAll();
    if (filter.state !== undefined) rows = rows.where("state", "in", [filter.state].flat());
    if (filter.topic !== undefined) rows = rows.where("topic", "=", filter.topic);
    if (filter.company !== undefined) rows = rows.where("company", "=", filter.company);
    return (await rows.orderBy("created_at").orderBy("id").execute()).map(messageOf);
  });
}

/** Makes a dead letter due again, from its first attempt on. */
export async function reviveMessage(swarm: Swarm, id: string): Promise<Outcome<void>> {
  const changed = await query(swarm, (db) =>
    db
      .updateTable("outbox")
      .set({ state: "pending", attempts: 0, next_at: swarm.clock.now(), finished_at: null })
      .where("id", "=", id)
      .where("state", "=", "dead")
      .executeTakeFirst(),
  );
  if (!changed.ok) return changed;
  if (changed.value.numUpdatedRows === 1n) return succeed(undefined);
  return fail(problem("config", "swarm.unknown_message", `there is no dead letter ${id}`));
}

function messageOf(row: OutboxTable): Message {
  return {
    id: row.id,
    company: row.company,
    product: row.product ?? undefined,
    topic: row.topic,
    key: row.key,
    payload: decodeValue<Json>(row.payload),
    state: row.state,
    attempts: row.attempts,
    nextAt: row.next_at,
    lastError: row.last_error ?? undefined,
  };
}

function words(diagnostics: readonly Diagnostic[]): string {
  return storableText(diagnostics.map((diagnostic) => `${diagnostic.code}: ${diagnostic.message}`).join("; "));
}
