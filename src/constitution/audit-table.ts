import { isoTime } from "../core/clock.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { type AuditRow, appendAuditRow, readAuditRows } from "../swarm/audit-rows.ts";
import type { Swarm } from "../swarm/open.ts";
import { query } from "../swarm/transact.ts";
import { type AuditEntry, chain, GENESIS, lineOf, readLine } from "./audit-chain.ts";
import type { AuditStore, StoredLine } from "./audit-store.ts";
import { AuditUnreadable } from "./audit-unreadable.ts";

/** One chain in a database; the column is there so that an organisation can begin a new one and keep the old. */
const CHAIN = "audit";
const PAGE = 500;

/** The same chain in the Swarm database's `audit` table, for several machines. */
export function tableStore(swarm: Swarm): AuditStore {
  const append: AuditStore["append"] = async (make) => {
    let entry: AuditEntry | undefined;
    const appended: Outcome<unknown> = await appendAuditRow(swarm, CHAIN, (last) => {
      const damage = last && damageOf(last);
      if (damage) {
        return fail(
          problem("infrastructure", "audit.damaged", `the audit log's last entry is damaged: ${damage}`, {
            where: { file: placeOf(swarm, Number(last.seq)) },
            next: "run `codemonkeys audit verify`, and keep the table as evidence",
          }),
        );
      }
      entry = make(last ? { seq: Number(last.seq), hash: last.hash } : GENESIS, isoTime(swarm.clock));
      return succeed({ previous: entry.prev, hash: entry.hash, entry: lineOf(entry), at: Date.parse(entry.at) });
    });
    return appended.ok ? succeed(entry as AuditEntry) : appended;
  };

  return {
    place: swarm.place,
    append,
    lines: () => lines(swarm),
    async prune(before, record) {
      const cutoff = Date.parse(before);
      const found = await query(swarm, async (db) => {
        const rows = await db
          .selectFrom("audit")
          .select((eb) => [
            eb.fn.max<number | string>("seq").as("last"),
            eb.fn.countAll<number | string>().as("entries"),
          ])
          .where("chain", "=", CHAIN)
          .where("at", "<", cutoff)
          .executeTakeFirst();
        const last = rows?.last === null || rows?.last === undefined ? undefined : Number(rows.last);
        if (last === undefined) return undefined;
        const row = await db
          .selectFrom("audit")
          .select("hash")
          .where("chain", "=", CHAIN)
          .where("seq", "=", last)
          .executeTakeFirstOrThrow();
        return { through: { seq: last, hash: row.hash }, entries: Number(rows?.entries ?? 0) };
      });
      if (!found.ok) return found;
      const dropped = found.value;
      if (!dropped) return succeed({ entries: 0 });
      const recorded = await append((tail, at) => chain(tail, record(dropped), at));
      if (!recorded.ok) return recorded;
      return await query(swarm, async (db) => {
        await db.deleteFrom("audit").where("chain", "=", CHAIN).where("seq", "<=", dropped.through.seq).execute();
        return { entries: dropped.entries };
      });
    },
  };
}

async function* lines(swarm: Swarm): AsyncGenerator<StoredLine> {
  let after = 0;
  for (;;) {
    const page = await readAuditRows(swarm, CHAIN, { after, limit: PAGE });
    if (!page.ok) throw new AuditUnreadable(page.diagnostics);
    for (const row of page.value) {
      after = Number(row.seq);
      const damage = damageOf(row);
      const place = { file: placeOf(swarm, after) };
      yield { text: row.entry, place, torn: false, ...(damage ? { damage } : {}) };
    }
    if (page.value.length < PAGE) return;
  }
}

function placeOf(swarm: Swarm, row: number): string {
  return `${swarm.place} (audit, row ${row})`;
}

/**
 * What is wrong with a row by itself. Its columns are what the next entry is linked to and what pruning goes by, so they
 * have to say what the entry says.
 */
function damageOf(row: AuditRow): string | undefined {
  const read = readLine(row.entry);
  if (!("entry" in read)) return read.damage;
  const { entry } = read;
  const same = row.hash === entry.hash && row.previous === entry.prev && Number(row.at) === Date.parse(entry.at);
  return same ? undefined : "the columns of its row say something else";
}
