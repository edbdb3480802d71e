import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import type { ServerState } from "./states.ts";
import { decodeValue } from "./step-values.ts";
import { ensureCompany, query, transact } from "./transact.ts";

export interface Server {
  readonly company: string;
  readonly name: string;
  readonly host: string;
  readonly labels: readonly string[];
  readonly state: ServerState;
  /** Why it is in that state: an error's message. */
  readonly detail: string | undefined;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number;
}

/** Adds a server or brings it up to date; without a state a known one keeps its own and a new one is `discovered`. */
export async function upsertServer(
  swarm: Swarm,
  server: Pick<Server, "company" | "name" | "host" | "labels"> & {
    readonly state?: ServerState;
    readonly detail?: string;
  },
): Promise<Outcome<void>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, server.company, now);
    const given = {
      host: server.host,
      labels: JSON.stringify(server.labels),
      ...(server.state === undefined ? {} : { state: server.state, detail: server.detail ?? null }),
      updated_at: now,
    };
    await trx
      .insertInto("servers")
      .values({ company: server.company, name: server.name, state: "discovered", ...given })
      .onConflict((conflict) => conflict.columns(["company", "name"]).doUpdateSet(given))
      .execute();
  });
}

export async function listServers(
  swarm: Swarm,
  filter: { readonly company?: string; readonly state?: ServerState } = {},
): Promise<Outcome<Server[]>> {
  return await query(swarm, async (db) => {
    let rows = db.selectFrom("servers").selectAll();
    if (filter.company !== undefined) rows = rows.where("company", "=", filter.company);
    if (filter.state !== undefined) rows = rows.where("state", "=", filter.state);
    const found = await rows.orderBy("company").orderBy("name").execute();
    return found.map((row) => ({
      company: row.company,
      name: row.name,
      host: row.host,
      labels: decodeValue<string[]>(row.labels),
      state: row.state,
      detail: row.detail ?? undefined,
      updatedAt: row.updated_at,
    }));
  });
}
