import { randomBytes } from "node:crypto";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Database, Swarm } from "./open.ts";
import type { ApprovalState } from "./states.ts";
import type { ApprovalsTable } from "./tables/judged.ts";
import { ensureCompany, query, transact } from "./transact.ts";

export interface Vote {
  readonly person: string;
  readonly answer: "yes" | "no";
  /** Where it was taken: `cli`, or the Jenkins build that vouches for it. */
  readonly source: string;
  readonly at: number;
  /** The person's own signature of the answer, where there is one. */
  readonly signature?: string | undefined;
}

/** A question to people, bound to one action and the hash of its exact plan. The rules of who counts are the constitution's. */
export interface Approval {
  readonly id: string;
  readonly company: string;
  readonly product: string | undefined;
  readonly run: string | undefined;
  readonly action: string;
  readonly planHash: string;
  readonly rule: string;
  readonly group: string;
  readonly count: number;
  readonly requester: string;
  readonly reason: string;
  readonly state: ApprovalState;
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly createdAt: number;
  readonly votes: readonly Vote[];
}

export type ApprovalRequest = Omit<Approval, "id" | "state" | "createdAt" | "votes" | "product" | "run"> & {
  readonly product?: string | undefined;
  readonly run?: string | undefined;
};

/** Asks; the same requester's open question about the same plan is the same question. */
export async function askApproval(swarm: Swarm, request: ApprovalRequest): Promise<Outcome<Approval>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, request.company, now);
    await trx
      .insertInto("approvals")
      .values({
        id: `a-${randomBytes(4).toString("hex")}`,
        company: request.company,
        product: request.product ?? null,
        run_id: request.run ?? null,
        action: request.action,
        plan_hash: request.planHash,
        rule: request.rule,
        group_name: request.group,
        needed: request.count,
        requester: request.requester,
        reason: request.reason,
        state: "open",
        until: request.until,
        created_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await trx
      .selectFrom("approvals")
      .selectAll()
      .where("company", "=", request.company)
      .where("action", "=", request.action)
      .where("plan_hash", "=", request.planHash)
      .where("requester", "=", request.requester)
      .where("state", "=", "open")
      .executeTakeFirstOrThrow();
    return (await withVotes(trx, [row]))[0] as Approval;
  });
}

/** Notes a person's vote on an open question; a person has one, and the newest counts. */
export async function vote(swarm: Swarm, id: string, given: Omit<Vote, "at">): Promise<Outcome<Approval>> {
  const voted = await transact(swarm, async (trx) => {
    // Locks the question's row, so that closing it and voting on it follow one another.
    const open = await trx
      .updateTable("approvals")
      .set({ state: "open" })
      .where("id", "=", id)
      .where("state", "=", "open")
      .returningAll()
      .executeTakeFirst();
    if (!open) return undefined;
    const { answer, source, signature = null } = given;
    const values = { answer, source, signature, at: swarm.clock.now() };
    await trx
      .insertInto("approval_votes")
      .values({ approval_id: id, person: given.person, ...values })
      .onConflict((conflict) => conflict.columns(["approval_id", "person"]).doUpdateSet(values))
      .execute();
    return (await withVotes(trx, [open]))[0];
  });
  if (!voted.ok) return voted;
  return voted.value ? succeed(voted.value) : fail(notOpen(id));
}

/** Closes an open question. */
export async function closeApproval(
  swarm: Swarm,
  id: string,
  state: Exclude<ApprovalState, "open">,
): Promise<Outcome<void>> {
  const closed = await query(swarm, (db) =>
    db
      .updateTable("approvals")
      .set({ state, closed_at: swarm.clock.now() })
      .where("id", "=", id)
      .where("state", "=", "open")
      .executeTakeFirst(),
  );
  if (!closed.ok) return closed;
  return closed.value.numUpdatedRows === 1n ? succeed(undefined) : fail(notOpen(id));
}

export async function getApproval(swarm: Swarm, id: string): Promise<Outcome<Approval | undefined>> {
  return await query(swarm, async (db) => {
    const rows = await db.selectFrom("approvals").selectAll().where("id", "=", id).execute();
    return (await withVotes(db, rows))[0];
  });
}

/** Questions, newest first. */
export async function listApprovals(
  swarm: Swarm,
  filter: {
    readonly company?: string;
    readonly state?: ApprovalState;
    readonly action?: string;
    readonly planHash?: string;
    readonly run?: string;
  } = {},
): Promise<Outcome<Approval[]>> {
  return await query(swarm, async (db) => {
    let rows = db.selectFrom("approvals").selectAll();
    if (filter.company !== undefined) rows = rows.where("company", "=", filter.company);
    if (filter.state !== undefined) rows = rows.where("state", "=", filter.state);
    if (filter.action !== undefined) rows = rows.where("action", "=", filter.action);
    if (filter.planHash !== undefined) rows = rows.where("plan_hash", "=", filter.planHash);
    if (filter.run !== undefined) rows = rows.where("run_id", "=", filter.run);
    return await withVotes(db, await rows.orderBy("created_at", "desc").orderBy("id").execute());
  });
}

/** On how many questions, one left out, a person has voted from one source. */
export async function countVotes(
  swarm: Swarm,
  of: { readonly person: string; readonly source: string; readonly except: string },
): Promise<Outcome<number>> {
  return await query(swarm, async (db) => {
    const rows = await db
      .selectFrom("approval_votes")
      .select("approval_id")
      .where("person", "=", of.person)
      .where("source", "=", of.source)
      .where("approval_id", "!=", of.except)
      .execute();
    return rows.length;
  });
}

async function withVotes(db: Database, rows: readonly ApprovalsTable[]): Promise<Approval[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const votes = await db
    .selectFrom("approval_votes")
    .selectAll()
    .where("approval_id", "in", ids)
    .orderBy("at")
    .orderBy("person")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    company: row.company,
    product: row.product ?? undefined,
    run: row.run_id ?? undefined,
    action: row.action,
    planHash: row.plan_hash,
    rule: row.rule,
    group: row.group_name,
    count: row.needed,
    requester: row.requester,
    reason: row.reason,
    state: row.state,
    until: row.until,
    createdAt: row.created_at,
    votes: votes
      .filter((one) => one.approval_id === row.id)
      .map(({ person, answer, source, at, signature }) => ({
        person,
        answer,
        source,
        at,
        ...(signature === null ? {} : { signature }),
      })),
  }));
}

function notOpen(id: string) {
  return problem("policy", "approval.not_open", `there is no open question ${id}`, {
    next: "see `codemonkeys status` for the questions that are open",
  });
}
