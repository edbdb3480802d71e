import { expect, test } from "vitest";
import type { Audit } from "../../../../src/constitution/audit.ts";
import { chain, lineOf } from "../../../../src/constitution/audit-chain.ts";
import { codeOf, diagnosticsOf, must } from "../support.ts";
import { log } from "./chain.ts";

/** A log in a table, and somebody who can write that table. */
export interface OpenTable {
  readonly audit: Audit;
  sql(text: string): void;
}

const ROW = "chain, seq, previous, hash, entry, at";

/** What somebody may do to a table of eight entries, and what `audit verify` says of it. */
const TAMPERED: readonly (readonly [string, readonly string[], string, string])[] = [
  [
    "an edit",
    [`update audit set entry = replace(entry, '"number":3', '"number":4') where seq = 3`],
    "audit.edited",
    "entry 3 is damaged: its content does not fit its hash",
  ],
  [
    "an edit of the column that the next entry is linked to",
    ["update audit set hash = previous where seq = 8"],
    "audit.edited",
    "entry 8 is damaged: the columns of its row say something else",
  ],
  [
    "an edit of the time that pruning goes by",
    ["update audit set at = 0 where seq = 5"],
    "audit.edited",
    "entry 5 is damaged",
  ],
  ["a row taken out", ["delete from audit where seq = 3"], "audit.missing", "entry 3 is missing"],
  ["the beginning taken out", ["delete from audit where seq <= 2"], "audit.missing", "entries 1 to 2 are missing"],
  [
    "two swapped",
    [
      "update audit set seq = 100 where seq = 3",
      "update audit set seq = 3 where seq = 4",
      "update audit set seq = 4 where seq = 100",
    ],
    "audit.reordered",
    "entry 3 is out of order: entry 4 stands in its place",
  ],
  [
    "one repeated",
    [`insert into audit (${ROW}) select chain, 9, previous, hash, entry, at from audit where seq = 3`],
    "audit.reordered",
    "entry 3 stands after entry 8",
  ],
  ["a cut tail", ["delete from audit where seq >= 6"], "audit.cut", "entry 6 is missing: the log was cut off"],
  ["all taken out", ["delete from audit"], "audit.cut", "entry 1 is missing: the log was cut off"],
];

/** Run over a table on SQLite and on PostgreSQL. */
export function tamperedTableSuite(make: () => Promise<OpenTable>): void {
  test.each(TAMPERED)("%s is named", async (_, statements, code, message) => {
    const { audit, sql } = await make();
    await log(audit, 8);
    const anchors = [must(await audit.anchorHead())].flatMap((anchor) => anchor ?? []);
    expect(must(await audit.verify({ anchors })).beyondAnchor).toBe(0);
    for (const statement of statements) sql(statement);
    const [first] = diagnosticsOf(await audit.verify({ anchors }));
    expect(first?.code).toBe(code);
    expect(first?.message).toContain(message);
  });

  test("a rewrite with true hashes is contradicted by an anchor", async () => {
    const { audit, sql } = await make();
    await log(audit, 8);
    const anchor = must(await audit.anchorHead());
    const entries = must(await audit.entries());
    let end = { seq: 0, hash: "0".repeat(64) };
    for (const { seq: _, prev: __, hash: ___, at, ...draft } of entries) {
      const changed = end.seq + 1 === 4 ? { ...draft, data: {} } : draft;
      const entry = chain(end, changed, at);
      sql(
        `update audit set previous = '${entry.prev}', hash = '${entry.hash}', entry = '${lineOf(entry)}' where seq = ${entry.seq}`,
      );
      end = entry;
    }
    expect(must(await audit.verify()).entries).toBe(8);
    expect(codeOf(await audit.verify({ anchors: anchor ? [anchor] : [] }))).toBe("audit.rewritten");
  });

  test("a damaged last row is not gone on from", async () => {
    const { audit, sql } = await make();
    await log(audit, 2);
    sql("update audit set hash = previous where seq = 2");
    const refused = await audit.append({ kind: "evidence", data: {} });
    expect(diagnosticsOf(refused)[0]).toMatchObject({ code: "audit.damaged", kind: "infrastructure" });
    expect(must(await audit.entries()).map(({ seq }) => seq)).toEqual([1, 2]);
  });
}
