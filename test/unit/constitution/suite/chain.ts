import { expect, test } from "vitest";
import type { Anchor, Audit } from "../../../../src/constitution/audit.ts";
import { codeOf, diagnosticsOf, must, testClock } from "../support.ts";

/** Appends `count` entries that carry their number. */
export async function log(audit: Audit, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    must(await audit.append({ kind: "evidence", product: "payments", data: { number } }));
  }
}

/** What every store of the chain must do; run over files and over tables, on SQLite and on PostgreSQL. */
export function chainSuite(make: (clock: ReturnType<typeof testClock>) => Promise<Audit>): void {
  test("numbers, times and links its entries, and is whole", async () => {
    const clock = testClock();
    const audit = await make(clock);
    expect(must(await audit.verify())).toMatchObject({ entries: 0, head: undefined });
    expect(must(await audit.anchorHead())).toBeUndefined();
    const first = must(await audit.append({ kind: "evidence", run: "r-1", requester: "zoe", data: { n: 1 } }));
    clock.advance(1000);
    const second = must(await audit.append({ kind: "evidence", data: { n: 2 } }));
    expect([first.seq, second.seq, second.prev]).toEqual([1, 2, first.hash]);
    expect([first.prev, second.at]).toEqual(["0".repeat(64), "2026-11-16T09:00:01.000Z"]);
    expect(must(await audit.entries())).toEqual([first, second]);
    expect(must(await audit.verify())).toMatchObject({ entries: 2, first: 1, head: { seq: 2 }, beyondAnchor: 2 });
  });

  test("anchors say what lies beyond them, and contradict a rewrite or a cut", async () => {
    const audit = await make(testClock());
    await log(audit, 3);
    const anchor = must(await audit.anchorHead()) as Anchor;
    expect(anchor.seq).toBeGreaterThanOrEqual(3);
    await log(audit, 2);
    const verified = must(await audit.verify({ anchors: [anchor] }));
    expect(verified).toMatchObject({ anchored: anchor, beyondAnchor: (verified.head?.seq ?? 0) - anchor.seq });
    const other = { ...anchor, hash: "e".repeat(64) };
    expect(codeOf(await audit.verify({ anchors: [other] }))).toBe("audit.rewritten");
    const ahead = { ...anchor, seq: 99 };
    expect(diagnosticsOf(await audit.verify({ anchors: [anchor, ahead] }))[0]).toMatchObject({
      code: "audit.cut",
      message: expect.stringContaining("entry 99 was anchored"),
    });
  });

  test("old entries are pruned, which the chain itself accounts for", async () => {
    const clock = testClock();
    const audit = await make(clock);
    await log(audit, 12);
    clock.advance(86_400_000);
    await log(audit, 2);
    const dropped = must(await audit.prune(3_600_000)).entries;
    expect(dropped).toBeGreaterThan(5);
    const after = must(await audit.verify());
    expect(after.first).toBe(dropped + 1);
    expect(after.entries).toBe((after.head?.seq ?? 0) - dropped);
    const kept = must(await audit.entries({ kinds: ["evidence"], since: clock.now() }));
    expect(kept.map(({ data }) => data)).toEqual([{ number: 1 }, { number: 2 }]);
    expect(must(await audit.entries({ kinds: ["audit.pruned"] }))).toMatchObject([{ data: { through: dropped } }]);
    expect(must(await audit.prune(3_600_000))).toEqual({ entries: 0 });
  });

  test("many at once in one process keep it whole", async () => {
    const audit = await make(testClock());
    await Promise.all(Array.from({ length: 30 }, (_, n) => audit.append({ kind: "evidence", data: { n } }).then(must)));
    expect(must(await audit.entries({ kinds: ["evidence"] }))).toHaveLength(30);
    expect(must(await audit.verify()).head?.seq).toBeGreaterThanOrEqual(30);
  });

  test("filters", async () => {
    const clock = testClock();
    const audit = await make(clock);
    const decision = (action: string, answer: string) => ({ kind: "decision" as const, data: { action, answer } });
    must(await audit.append({ ...decision("git.push", "allow"), product: "payments", run: "r-1", company: "acme" }));
    must(await audit.append({ ...decision("git.commit", "deny"), product: "shop", run: "r-2" }));
    clock.advance(60_000);
    must(await audit.append({ kind: "effect.done", data: { action: "git.push" }, product: "payments", run: "r-1" }));
    const count = async (filter: Parameters<Audit["entries"]>[0]) => must(await audit.entries(filter)).length;
    expect(await count({ action: "git.*" })).toBe(3);
    expect(await count({ action: "git.push" })).toBe(2);
    expect(await count({ kinds: ["effect"] })).toBe(1);
    expect(await count({ answer: "deny" })).toBe(1);
    expect(await count({ product: "payments" })).toBe(2);
    expect(await count({ company: "acme" })).toBe(1);
    expect(await count({ run: "r-2" })).toBe(1);
    expect(await count({ since: clock.now() })).toBe(1);
    expect(must(await audit.entries({ last: 1 })).map(({ kind }) => kind)).toEqual(["effect.done"]);
    expect(await count({ last: 0 })).toBe(0);
  });
}
