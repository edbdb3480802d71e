import { appendFile, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Anchor, type Audit, auditOver, openAudit } from "../../../src/constitution/audit.ts";
import type { AuditStore } from "../../../src/constitution/audit-store.ts";
import { tableStore } from "../../../src/constitution/audit-table.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { openSwarm } from "../../../src/swarm/open.ts";
import { chainSuite, log } from "./suite/chain.ts";
import { tamperedTableSuite } from "./suite/tampered-table.ts";
import { codeOf, diagnosticsOf, must, scratch, testAudit, testClock } from "./support.ts";

const segment = (audit: Audit, number = 1) => join(audit.place, `${String(number).padStart(6, "0")}.jsonl`);
const lines = async (path: string) => (await readFile(path, "utf8")).trimEnd().split("\n");
const write = (path: string, all: readonly string[]) => writeFile(path, all.map((line) => `${line}\n`).join(""));
const reopen = async (audit: Audit) =>
  must(await openAudit({ dir: audit.place, clock: testClock(), redactor: createRedactor() }));

describe("a chain in a folder", () => chainSuite((clock) => testAudit({ clock, segmentBytes: 600 })));

// These suites run on PostgreSQL in test/integration/audit-postgres.test.ts as well.
async function tableIn(stateDir: string, clock = testClock()): Promise<Audit> {
  const swarm = must(await openSwarm({ stateDir, clock }));
  onTestFinished(() => swarm.close());
  return auditOver(tableStore(swarm), { clock, redactor: createRedactor() });
}
describe("a chain in a table", () => chainSuite(async (clock) => tableIn(await scratch(), clock)));
describe("a table that somebody wrote into", () =>
  tamperedTableSuite(async () => {
    const stateDir = await scratch();
    const audit = await tableIn(stateDir);
    const database = new DatabaseSync(join(stateDir, "swarm.db"));
    onTestFinished(() => database.close());
    return { audit, sql: (text) => database.exec(text) };
  }));

test("secrets do not reach the log, in values, keys or names", async () => {
  const redactor = createRedactor(["hunter2-hunter2"]);
  const audit = await testAudit({ redactor });
  must(
    await audit.append({
      kind: "evidence",
      requester: "zoe hunter2-hunter2",
      data: {
        "hunter2-hunter2": [{ deep: "x hunter2-hunter2 y" }],
        plain: Buffer.from("u:hunter2-hunter2").toString("base64"),
      },
    }),
  );
  const text = await readFile(segment(audit), "utf8");
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain(Buffer.from("hunter2-hunter2").toString("base64").slice(0, 12));
  expect(must(await audit.verify()).entries).toBe(1);
});

describe("verify names the first bad entry after", () => {
  async function logged() {
    const audit = await testAudit();
    await log(audit, 8);
    return { audit, path: segment(audit), all: await lines(segment(audit)) };
  }
  /** Code, and line of the log. */
  async function verdict(audit: Audit, anchors: readonly Anchor[] = []) {
    const [first] = diagnosticsOf(await audit.verify({ anchors }));
    return [first?.code, first?.where?.line, first?.message];
  }
  /** The line as someone writes it who also computes its hash anew. */
  async function forged(all: readonly string[], from: number, change: (entry: Record<string, unknown>) => void) {
    const { chain, lineOf } = await import("../../../src/constitution/audit-chain.ts");
    const result = all.slice(0, from - 1);
    let end = from === 1 ? { seq: 0, hash: "0".repeat(64) } : JSON.parse(all[from - 2] as string);
    for (const line of all.slice(from - 1)) {
      const { seq, prev: _, hash: __, at, ...draft } = JSON.parse(line);
      if (seq === from) change(draft);
      end = chain(end, draft, at);
      result.push(lineOf(end as never));
    }
    return result;
  }

  test("an edit", async () => {
    const { audit, path, all } = await logged();
    await write(path, all.with(3, (all[3] as string).replace('"number":4', '"number":5')));
    expect(await verdict(audit)).toEqual(["audit.edited", 4, "entry 4 is damaged: its content does not fit its hash"]);
  });
  test("an edit that leaves the meaning", async () => {
    const { audit, path, all } = await logged();
    await write(path, all.with(3, (all[3] as string).replace(",", ", ")));
    expect(await verdict(audit)).toEqual([
      "audit.edited",
      4,
      "entry 4 is damaged: its bytes are not those that were written",
    ]);
  });
  test("an edit with its hash computed anew", async () => {
    const { audit, path, all } = await logged();
    const changed = await forged(all, 4, (entry) => {
      entry.data = { number: 5 };
    });
    await write(path, all.with(3, changed[3] as string));
    expect((await verdict(audit)).slice(0, 2)).toEqual(["audit.rewritten", 5]);
  });
  test("lines of another kind put in", async () => {
    const { audit, path, all } = await logged();
    await write(path, all.toSpliced(4, 0, "{}"));
    expect((await verdict(audit)).slice(0, 2)).toEqual(["audit.edited", 5]);
  });
  test("a line taken out", async () => {
    const { audit, path, all } = await logged();
    await write(path, all.toSpliced(4, 1));
    expect(await verdict(audit)).toEqual(["audit.missing", 5, "entry 5 is missing"]);
  });
  test("several taken out", async () => {
    const { audit, path, all } = await logged();
    await write(path, all.toSpliced(2, 3));
    expect(await verdict(audit)).toEqual(["audit.missing", 3, "entries 3 to 5 are missing"]);
  });
  test("the beginning taken out", async () => {
    const { audit, path, all } = await logged();
    await write(path, all.slice(3));
    expect((await verdict(audit)).slice(0, 2)).toEqual(["audit.missing", 1]);
  });
  test("two swapped", async () => {
    const { audit, path, all } = await logged();
    await write(path, all.with(4, all[5] as string).with(5, all[4] as string));
    expect(await verdict(audit)).toEqual([
      "audit.reordered",
      5,
      "entry 5 is out of order: entry 6 stands in its place",
    ]);
  });
  test("one repeated", async () => {
    const { audit, path, all } = await logged();
    await write(path, all.toSpliced(5, 0, all[2] as string));
    expect((await verdict(audit)).slice(0, 2)).toEqual(["audit.reordered", 6]);
  });
  test("a rewrite of everything from one entry on, where an anchor lies behind it", async () => {
    const { audit, path, all } = await logged();
    const sixth = JSON.parse(all[5] as string) as Anchor;
    const second = JSON.parse(all[1] as string) as Anchor;
    await write(path, await forged(all, 4, (entry) => Object.assign(entry, { data: {} })));
    expect(must(await audit.verify({ anchors: [second] })).beyondAnchor).toBe(6);
    expect(await verdict(audit, [second, sixth])).toEqual([
      "audit.rewritten",
      6,
      "entry 6 is not the one that was anchored: the log was rewritten after entry 2",
    ]);
  });
  test("a cut tail, where an anchor lies in it", async () => {
    const { audit, path, all } = await logged();
    const seventh = JSON.parse(all[6] as string) as Anchor;
    await write(path, all.slice(0, 5));
    expect(must(await audit.verify()).entries).toBe(5);
    expect((await verdict(audit, [seventh]))[2]).toContain(
      "entry 6 is missing: the log was cut off; entry 7 was anchored",
    );
  });
  test("a whole segment taken away", async () => {
    const audit = await testAudit({ segmentBytes: 600 });
    await log(audit, 12);
    await rm(segment(audit, 2));
    expect((await verdict(audit))[0]).toBe("audit.missing");
  });
  test("a pruning that nobody logged", async () => {
    const audit = await testAudit({ segmentBytes: 600 });
    await log(audit, 12);
    await rm(segment(audit, 1));
    expect((await verdict(audit))[2]).toContain("no pruning accounts for them");
  });
  test("any single byte changed", async () => {
    const { audit, path } = await logged();
    const bytes = await readFile(path);
    for (let at = 0; at < bytes.length; at += 37) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      await writeFile(path, changed);
      const outcome = await audit.verify();
      // The last line's end alone may be lost: that is a torn tail, which is named as a warning.
      const named = !outcome.ok || outcome.warnings.some(({ code }) => code === "audit.torn_tail");
      expect(named, `byte ${at}`).toBe(true);
    }
  });
});

describe("a write that a crash cut off", () => {
  test.each([1, 20, 150])("after %i bytes is noticed, put right and told", async (kept) => {
    const audit = await testAudit();
    await log(audit, 3);
    const path = segment(audit);
    const third = `${(await lines(path))[2]}\n`;
    const size = (await readFile(path)).length;
    await truncate(path, size - third.length + kept);
    expect(await audit.verify()).toMatchObject({
      ok: true,
      value: { entries: 2 },
      warnings: [{ code: "audit.torn_tail", where: { line: 3 } }],
    });
    const again = await reopen(audit);
    must(await again.append({ kind: "evidence", data: { number: "next" } }));
    const entries = must(await again.entries());
    expect(entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, "evidence"],
      [2, "evidence"],
      [3, "audit.repaired"],
      [4, "evidence"],
    ]);
    expect(entries[2]?.data).toMatchObject({ dropped_bytes: kept });
    expect(await again.verify()).toMatchObject({ ok: true, value: { entries: 4 }, warnings: [] });
  });
  test("before its line end only keeps the entry", async () => {
    const audit = await testAudit();
    await log(audit, 2);
    const path = segment(audit);
    await truncate(path, (await readFile(path)).length - 1);
    const again = await reopen(audit);
    must(await again.append({ kind: "evidence", data: {} }));
    expect(must(await again.entries()).map(({ kind, data }) => [kind, data])).toEqual([
      ["evidence", { number: 1 }],
      ["evidence", { number: 2 }],
      ["audit.repaired", { completed: 2 }],
      ["evidence", {}],
    ]);
    must(await again.verify());
  });
  test("is noticed by a process that had the log open all the time", async () => {
    const audit = await testAudit();
    await log(audit, 1);
    await appendFile(segment(audit), '{"half');
    await log(audit, 1);
    expect(must(await audit.entries()).map(({ kind }) => kind)).toEqual(["evidence", "audit.repaired", "evidence"]);
    must(await audit.verify());
  });
  test("as the very first one", async () => {
    const audit = await testAudit();
    await writeFile(segment(audit), '{"half');
    await log(audit, 1);
    expect(must(await audit.verify()).entries).toBe(2);
  });
  test("right after a segment was sealed", async () => {
    const audit = await testAudit({ segmentBytes: 600 });
    await log(audit, 12);
    const names = (await readdir(audit.place)).filter((name) => name.endsWith(".jsonl")).sort();
    // The next segment's first entry is lost altogether: an empty file, or none.
    await truncate(join(audit.place, names.at(-1) as string), 0);
    const again = await reopen(audit);
    await log(again, 1);
    must(await again.verify());
  });
});

describe("a log that cannot be used", () => {
  test("whose last entry is damaged is not gone on from", async () => {
    const audit = await testAudit();
    await log(audit, 2);
    const all = await lines(segment(audit));
    await write(segment(audit), all.with(1, (all[1] as string).replace('"number":2', '"number":3')));
    const refused = diagnosticsOf(await (await reopen(audit)).append({ kind: "evidence", data: {} }));
    expect(refused[0]).toMatchObject({ code: "audit.damaged", kind: "infrastructure" });
    expect(refused[0]?.next).toContain("audit verify");
    expect(await lines(segment(audit))).toHaveLength(2);
  });
  test("that lies where a file is", async () => {
    const dir = join(await scratch(), "file");
    await writeFile(dir, "");
    const opened = await openAudit({ dir, clock: testClock(), redactor: createRedactor() });
    expect(diagnosticsOf(opened)[0]).toMatchObject({ code: "audit.cannot_write", kind: "infrastructure" });
  });
  test("on a disk that is full", async () => {
    const audit = await testAudit();
    await symlink("/dev/full", segment(audit));
    expect(diagnosticsOf(await audit.append({ kind: "evidence", data: {} }))[0]).toMatchObject({
      code: "audit.cannot_write",
      message: expect.stringContaining("ENOSPC"),
      next: expect.stringContaining("disk space"),
    });
  });
});

test("a store that fails to append is the caller's failure, and nothing is left out silently when reading", async () => {
  const audit = await testAudit();
  await log(audit, 3);
  const all = await lines(segment(audit));
  await write(segment(audit), all.with(1, "garbage"));
  expect(await audit.entries()).toMatchObject({
    ok: true,
    value: [{ seq: 1 }, { seq: 3 }],
    warnings: [{ code: "audit.damaged_line", where: { line: 2 } }],
  });
  const failing: AuditStore = {
    place: "nowhere",
    append: async () => ({
      ok: false,
      diagnostics: [{ code: "x.y", kind: "infrastructure", severity: "error", message: "no" }],
    }),
    lines: async function* () {},
    prune: async () => ({ ok: true, value: { entries: 0 }, warnings: [] }),
  };
  const over = auditOver(failing, { clock: testClock(), redactor: createRedactor() });
  expect(codeOf(await over.append({ kind: "evidence", data: {} }))).toBe("x.y");
});
