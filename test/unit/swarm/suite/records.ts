import { expect, test } from "vitest";
import { sha256 } from "../../../../src/core/canonical.ts";
import { fail, succeed } from "../../../../src/core/diagnostic.ts";
import { askApproval, closeApproval, getApproval, listApprovals, vote } from "../../../../src/swarm/approvals.ts";
import { appendAuditRow, readAuditRows } from "../../../../src/swarm/audit-rows.ts";
import { createBuild, getBuild, listBuilds, updateBuild } from "../../../../src/swarm/builds.ts";
import {
  deliverDue,
  enqueue,
  listMessages,
  MAX_ATTEMPTS,
  type Message,
  reviveMessage,
} from "../../../../src/swarm/outbox.ts";
import { broken, code, type MakePlace, START, useSwarm, value } from "./support.ts";

/** Outbox, approvals, builds and the audit table. */
export function recordSuite(make: MakePlace): void {
  const at = useSwarm(make);
  const note = { company: "acme", topic: "webhook", key: "payments@1.5.0", payload: { version: "1.5.0" } };

  test("a message is put in once and delivered once", async () => {
    const id = value(await enqueue(at.swarm, note));
    expect(value(await enqueue(at.swarm, note))).toBe(id);
    const sent: Message[] = [];
    const send = async (message: Message) => succeed(sent.push(message));
    expect(value(await deliverDue(at.swarm, send))).toEqual({ delivered: [id], postponed: [], dead: [] });
    expect(value(await deliverDue(at.swarm, send))).toEqual({ delivered: [], postponed: [], dead: [] });
    expect(sent).toMatchObject([{ id, key: "payments@1.5.0", payload: { version: "1.5.0" } }]);
    expect(value(await listMessages(at.swarm, { state: "delivered" }))).toMatchObject([{ id, attempts: 1 }]);
  });

  test("two that deliver at once never send the same message together", async () => {
    const other = await at.open();
    for (let index = 0; index < 5; index += 1) value(await enqueue(at.swarm, { ...note, key: `${index}` }));
    const sending = new Set<string>();
    const sent: string[] = [];
    const send = async (message: Message) => {
      expect(sending.has(message.key)).toBe(false);
      sending.add(message.key);
      await new Promise((resolve) => setTimeout(resolve, 5));
      sending.delete(message.key);
      sent.push(message.key);
      return succeed(1);
    };
    await Promise.all([deliverDue(at.swarm, send), deliverDue(other, send)]);
    expect(sent.sort()).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("a failure is tried later and later, and in the end a dead letter that can be revived", async () => {
    const id = value(await enqueue(at.swarm, note));
    const send = async () => fail(broken);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const pass = value(await deliverDue(at.swarm, send));
      expect(pass).toEqual(
        attempt < MAX_ATTEMPTS
          ? { delivered: [], postponed: [id], dead: [] }
          : { delivered: [], postponed: [], dead: [id] },
      );
      expect(value(await deliverDue(at.swarm, send)).postponed, "not before its time").toEqual([]);
      const nextAt = value(await listMessages(at.swarm))[0]?.nextAt ?? 0;
      waits.push((nextAt - at.clock.time) / 1000);
      at.clock.time = nextAt;
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 14400]);
    expect(value(await listMessages(at.swarm, { state: "dead", company: "acme" }))).toMatchObject([
      { id, attempts: MAX_ATTEMPTS, lastError: "test.broken: it broke" },
    ]);
    value(await reviveMessage(at.swarm, id));
    expect(code(await reviveMessage(at.swarm, id))).toBe("swarm.unknown_message");
    expect(value(await deliverDue(at.swarm, async () => succeed(1))).delivered).toEqual([id]);
  });

  test("a failure's text with a NUL in it is kept", async () => {
    value(await enqueue(at.swarm, note));
    value(await deliverDue(at.swarm, async () => fail({ ...broken, message: "a\0b" })));
    expect(value(await listMessages(at.swarm))[0]?.lastError).toBe("test.broken: a\u{fffd}b");
  });

  test("a clock that jumped back does not keep a message for ever, and topics are apart", async () => {
    const id = value(await enqueue(at.swarm, note));
    at.clock.time -= 30 * 86_400_000;
    expect(value(await deliverDue(at.swarm, async () => succeed(1), { topic: "other" })).delivered).toEqual([]);
    expect(value(await deliverDue(at.swarm, async () => succeed(1), { topic: "webhook" })).delivered).toEqual([id]);
  });

  const question = {
    company: "acme",
    product: "payments",
    run: "r-1",
    action: "service.deploy",
    planHash: "hash-1",
    rule: "production-needs-a-person",
    group: "release-managers",
    count: 2,
    requester: "kim",
    reason: "production",
    until: START + 1000,
  };

  test("the same question about the same plan is one question; another plan is another", async () => {
    const asked = value(await askApproval(at.swarm, question));
    expect(asked).toEqual({ ...question, id: asked.id, state: "open", createdAt: START, votes: [] });
    expect(value(await askApproval(at.swarm, question)).id).toBe(asked.id);
    expect(value(await askApproval(at.swarm, { ...question, planHash: "hash-2" })).id).not.toBe(asked.id);
    expect(value(await listApprovals(at.swarm, { planHash: "hash-1", state: "open" }))).toHaveLength(1);
    expect(
      value(await listApprovals(at.swarm, { company: "acme", run: "r-1", action: "service.deploy" })),
    ).toHaveLength(2);
  });

  test("a person has one vote, and none on a question that is closed", async () => {
    const { id } = value(await askApproval(at.swarm, question));
    value(await vote(at.swarm, id, { person: "lee", answer: "no", source: "cli" }));
    at.clock.time += 1;
    value(await vote(at.swarm, id, { person: "lee", answer: "yes", source: "cli" }));
    const voted = value(await vote(at.swarm, id, { person: "max", answer: "yes", source: "jenkins job/1" }));
    expect(voted.votes.map(({ person, answer }) => [person, answer])).toEqual([
      ["lee", "yes"],
      ["max", "yes"],
    ]);
    value(await closeApproval(at.swarm, id, "granted"));
    expect(code(await vote(at.swarm, id, { person: "eve", answer: "no", source: "cli" }))).toBe("approval.not_open");
    expect(code(await closeApproval(at.swarm, id, "void"))).toBe("approval.not_open");
    expect(value(await getApproval(at.swarm, id))).toMatchObject({ state: "granted", votes: { length: 2 } });
    expect(value(await getApproval(at.swarm, "a-none"))).toBeUndefined();
  });

  test("a build has its job's next number and tells its story", async () => {
    const build = {
      company: "acme",
      product: "payments",
      job: "payments",
      cause: "commit",
      parameters: { BRANCH: "main" },
    };
    const first = value(await createBuild(at.swarm, { ...build, commit: "c1" }));
    const second = value(await createBuild(at.swarm, { ...build, commit: "c2" }));
    expect([first.number, second.number]).toEqual([1, 2]);
    expect(value(await createBuild(at.swarm, { ...build, product: "shop" })).number).toBe(1);
    value(await updateBuild(at.swarm, first.id, { state: "running", logPath: "/tmp/log" }));
    at.clock.time += 50;
    const stages = [{ name: "test", state: "failed" as const, durationMs: 12.5 }];
    value(await updateBuild(at.swarm, first.id, { stages }));
    expect(value(await updateBuild(at.swarm, first.id, { state: "failed" }))).toMatchObject({
      state: "failed",
      stages,
      logPath: "/tmp/log",
      parameters: { BRANCH: "main" },
      startedAt: START,
      finishedAt: START + 50,
    });
    expect(value(await getBuild(at.swarm, first.id))?.commit).toBe("c1");
    const job = { company: "acme", product: "payments", job: "payments" };
    expect(value(await listBuilds(at.swarm, job)).map((one) => one.number)).toEqual([2, 1]);
    expect(value(await listBuilds(at.swarm, { ...job, finished: true })).map((one) => one.number)).toEqual([1]);
    expect(value(await listBuilds(at.swarm, { ...job, commit: "c2", finished: false }))).toHaveLength(1);
    expect(code(await updateBuild(at.swarm, "b-none", { state: "failed" }))).toBe("swarm.unknown_build");
  });

  test("builds that begin at once get different numbers", async () => {
    const build = { company: "acme", product: "payments", job: "payments", cause: "commit", parameters: {} };
    const made = await Promise.all(Array.from({ length: 8 }, () => createBuild(at.swarm, build)));
    expect(made.map((one) => value(one).number).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("audit rows of a chain follow one another", async () => {
    const add = (chain: string, entry: string) =>
      appendAuditRow(at.swarm, chain, (last) => {
        const previous = last?.hash ?? "";
        return succeed({ previous, entry, hash: sha256(previous + entry), at: at.clock.now() });
      });
    await Promise.all(["a", "b", "c", "d"].map((entry) => add("main", entry)));
    value(await add("other", "x"));
    const rows = value(await readAuditRows(at.swarm, "main"));
    expect(rows.map((row) => row.seq)).toEqual([1, 2, 3, 4]);
    for (const [index, row] of rows.entries()) expect(row.previous).toBe(rows[index - 1]?.hash ?? "");
    expect(value(await readAuditRows(at.swarm, "main", { after: 2, limit: 1 })).map((row) => row.seq)).toEqual([3]);
  });
}
