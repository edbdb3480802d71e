import { expect, test } from "vitest";
import { fail, problem, succeed } from "../../../../src/core/diagnostic.ts";
import { advanceWaiting, listRuns, openRun, readRun } from "../../../../src/swarm/journal.ts";
import { broken, code, type MakePlace, openRelease, RELEASE, START, useSwarm, value } from "./support.ts";

/** What the journal promises to whoever writes a long job. */
export function journalSuite(make: MakePlace): void {
  const at = useSwarm(make);

  test("a finished step is never done again, in this process or the next", async () => {
    let done = 0;
    const work = async () => succeed({ version: "1.5.0", count: ++done });
    const run = await openRelease(at.swarm);
    expect(run.resumed).toBe(false);
    expect(value(await run.step("bump", work))).toEqual({ version: "1.5.0", count: 1 });
    expect(value(await run.step("bump", work))).toEqual({ version: "1.5.0", count: 1 });
    value(await run.release());
    const again = await openRelease(await at.open());
    expect(again.id).toBe(run.id);
    expect(again.resumed).toBe(true);
    expect(again.attempt).toBe(2);
    expect(value(await again.step("bump", work))).toEqual({ version: "1.5.0", count: 1 });
    expect(done).toBe(1);
  });

  test("the same step asked for twice at once is done once", async () => {
    let done = 0;
    const run = await openRelease(at.swarm);
    const work = async () => succeed(++done);
    const both = await Promise.all([run.step("bump", work), run.step("bump", work)]);
    expect(both.map(value)).toEqual([1, 1]);
  });

  test("different steps may run side by side", async () => {
    const run = await openRelease(at.swarm);
    const names = ["a", "b", "c", "d", "e", "f"];
    const values = await Promise.all(names.map((name) => run.step(name, async () => succeed(name))));
    expect(values.map(value)).toEqual(names);
    expect(
      value(await readRun(at.swarm, run.id))
        .steps.map((step) => step.name)
        .sort(),
    ).toEqual(names);
  });

  test("a failed step is told as it failed and is tried again", async () => {
    const run = await openRelease(at.swarm);
    const failed = await run.step("build", async () => fail(broken));
    expect(failed).toEqual({ ok: false, diagnostics: [broken] });
    expect(value(await run.step("build", async () => succeed("built")))).toBe("built");
    const [step] = value(await readRun(at.swarm, run.id)).steps;
    expect(step).toMatchObject({ name: "build", state: "done", value: "built", attempts: 2 });
  });

  test("the first process gets exactly what a resumed one gets", async () => {
    const run = await openRelease(at.swarm);
    expect(value(await run.step("shape", async () => succeed({ b: 1, a: undefined, list: [null] })))).toStrictEqual({
      b: 1,
      list: [null],
    });
    expect(value(await run.step("nothing", async () => succeed(undefined)))).toBeUndefined();
    expect(value(await run.step("nothing", async () => succeed(1 as number | undefined)))).toBeUndefined();
  });

  test("a big value is refused with the advice where to put it", async () => {
    const run = await openRelease(at.swarm);
    const outcome = await run.step("log", async () => succeed("x".repeat(70_000)));
    expect(outcome).toMatchObject({
      ok: false,
      diagnostics: [{ code: "journal.value_too_large", next: expect.stringContaining("artefact store") }],
    });
  });

  test("a value that JSON cannot carry is the programmer's error", async () => {
    const run = await openRelease(at.swarm);
    await expect(run.step("date", async () => succeed({ at: new Date(0) }))).rejects.toThrow(
      "date.at is not JSON: Date",
    );
    await expect(run.step("number", async () => succeed(Number.NaN))).rejects.toThrow("NaN");
    await expect(run.step("function", async () => succeed(() => 1))).rejects.toThrow(TypeError);
  });

  test("a name means one thing in a run", async () => {
    const run = await openRelease(at.swarm);
    value(await run.step("tag", async () => succeed(1)));
    await expect(run.deliver("tag", async () => succeed(1))).rejects.toThrow("tag is a step");
  });

  test("an effect is looked up first and not done when it is there", async () => {
    const run = await openRelease(at.swarm);
    let acted = 0;
    const tag = {
      probe: async () => succeed<string | undefined>("v1.5.0"),
      act: async () => succeed(++acted),
    };
    expect(value(await run.effect("tag", tag))).toBe("v1.5.0");
    expect(acted).toBe(0);
  });

  test("an effect is done, then read back; once it is there it is not looked for again", async () => {
    const run = await openRelease(at.swarm);
    const world = new Set<string>();
    let probes = 0;
    const tag = {
      probe: async () => {
        probes += 1;
        return succeed(world.has("v1.5.0") ? "v1.5.0" : undefined);
      },
      act: async () => succeed(world.add("v1.5.0").size),
    };
    expect(value(await run.effect("tag", tag))).toBe("v1.5.0");
    expect(probes).toBe(2);
    expect(value(await run.effect("tag", tag))).toBe("v1.5.0");
    expect(probes).toBe(2);
  });

  test("an effect whose answer was lost is found by reading back", async () => {
    const run = await openRelease(at.swarm);
    const world = new Set<string>();
    const publish = {
      probe: async () => succeed([...world][0]),
      act: async () => {
        world.add("1.5.0");
        return fail(problem("infrastructure", "npm.reset", "the connection was reset"));
      },
    };
    expect(value(await run.effect("publish", publish))).toBe("1.5.0");
  });

  test("an effect that failed and is not there tells its own failure", async () => {
    const run = await openRelease(at.swarm);
    const outcome = await run.effect("publish", {
      probe: async () => succeed<string | undefined>(undefined),
      act: async () => fail(broken),
    });
    expect(code(outcome)).toBe("test.broken");
  });

  test("an effect that a gate refused is not looked for: nothing was tried", async () => {
    const run = await openRelease(at.swarm);
    let probes = 0;
    const outcome = await run.effect("publish", {
      probe: async () => {
        probes += 1;
        return succeed<string | undefined>(undefined);
      },
      act: async () => fail(problem("policy", "gate.denied", "no")),
    });
    expect(code(outcome)).toBe("gate.denied");
    expect(probes).toBe(1);
  });

  test("an effect that was accepted and does not show is not called done", async () => {
    const run = await openRelease(at.swarm);
    let shown: string | undefined;
    const publish = {
      probe: async () => succeed(shown),
      act: async () => succeed("accepted"),
      readBack: { attempts: 3, delayMs: 1 },
    };
    expect(code(await run.effect("publish", publish))).toBe("journal.not_read_back");
    shown = "1.5.0";
    const acted: string[] = [];
    const later = await run.effect("publish", { ...publish, act: async () => succeed(acted.push("acted")) });
    expect(value(later)).toBe("1.5.0");
    expect(acted).toEqual([]);
  });

  test("an effect that shows late is waited for", async () => {
    const run = await openRelease(at.swarm);
    let looks = 0;
    const publish = {
      probe: async () => succeed(++looks > 3 ? "there" : undefined),
      act: async () => succeed("accepted"),
      readBack: { attempts: 5, delayMs: 1 },
    };
    expect(value(await run.effect("publish", publish))).toBe("there");
    expect(looks).toBe(4);
  });

  test("a probe that cannot look stops the effect before it acts", async () => {
    const run = await openRelease(at.swarm);
    const acted: string[] = [];
    const outcome = await run.effect<string>("tag", {
      probe: async () => fail(broken),
      act: async () => succeed(acted.push("acted")),
    });
    expect(code(outcome)).toBe("test.broken");
    expect(acted).toEqual([]);
  });

  test("a delivery keeps its key over failures, processes and new runs of the same business", async () => {
    const keys: string[] = [];
    const run = await openRelease(at.swarm);
    const send = async (key: string) => {
      keys.push(key);
      return keys.length < 2 ? fail(broken) : succeed("sent");
    };
    expect(code(await run.deliver("webhook", send))).toBe("test.broken");
    value(await run.release());
    const again = await openRelease(at.swarm);
    expect(value(await again.deliver("webhook", send))).toBe("sent");
    expect(value(await again.deliver("webhook", send))).toBe("sent");
    const anew = await openRelease(at.swarm, { fresh: true }).catch(() => undefined);
    expect(anew, "an open run is not taken from under its driver").toBeUndefined();
    value(await again.finish("succeeded"));
    value(await (await openRelease(at.swarm)).deliver("webhook", send));
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^cm-[0-9a-f]{32}$/);
    const other = await openRelease(at.swarm, { key: "payments@1.6.0" });
    value(await other.deliver("webhook", send));
    expect(new Set(keys).size).toBe(2);
  });

  test("a run that waits is let go, is advanced by its event, and goes on where it stopped", async () => {
    const run = await openRelease(at.swarm);
    value(await run.step("build", async () => succeed("built")));
    const until = START + 60_000;
    const waiting = await run.wait({ for: "ci", key: "abc", until, detail: "the build of abc" });
    expect(waiting).toMatchObject({ ok: false, diagnostics: [{ code: "journal.waiting", severity: "note" }] });
    expect(code(await run.step("more", async () => succeed(1)))).toBe("journal.closed");
    expect(value(await listRuns(at.swarm, { status: "waiting" }))).toMatchObject([
      { id: run.id, wait: { for: "ci", key: "abc", until, detail: "the build of abc" } },
    ]);
    expect(value(await advanceWaiting(at.swarm, { for: "ci", key: "other" }))).toEqual([]);
    expect(value(await advanceWaiting(at.swarm, { for: "approval", key: "abc" }))).toEqual([]);
    at.clock.time += 5_000;
    const advanced = value(await advanceWaiting(at.swarm, { for: "ci", key: "abc" }));
    expect(advanced).toMatchObject([{ id: run.id, status: "running", wait: { advancedAt: START + 5_000 } }]);
    expect(value(await advanceWaiting(at.swarm, { for: "ci", key: "abc" }))).toEqual([]);
    const resumed = await openRelease(at.swarm);
    expect(resumed.lastWait).toMatchObject({ for: "ci", key: "abc", advancedAt: START + 5_000 });
    expect(value(await resumed.step("build", async () => fail(broken)))).toBe("built");
  });

  test("waiting again does not move the time at which it is too late", async () => {
    const wait = () => ({ for: "approval" as const, key: "a-1", until: at.clock.time + 1_000, detail: "two people" });
    expect(code(await (await openRelease(at.swarm)).wait(wait()))).toBe("journal.waiting");
    at.clock.time += 600;
    expect(code(await (await openRelease(at.swarm)).wait(wait()))).toBe("journal.waiting");
    expect(value(await listRuns(at.swarm, { dueBefore: at.clock.time }))).toEqual([]);
    at.clock.time += 600;
    expect(value(await listRuns(at.swarm, { dueBefore: at.clock.time }))).toHaveLength(1);
    const run = await openRelease(at.swarm);
    expect(code(await run.wait(wait()))).toBe("journal.wait_expired");
    value(await run.finish("failed"));
  });

  test("a run's time counts from its first process, without what it waited", async () => {
    const first = await openRelease(at.swarm);
    expect(first.startedAt).toBe(START);
    at.clock.time += 60_000;
    value(await first.release());
    at.clock.time += 60_000;
    const second = await openRelease(await at.open());
    expect(second.startedAt).toBe(START);
    expect(code(await second.wait({ for: "approval", key: "a-1", detail: "x" }))).toBe("journal.waiting");
    at.clock.time += 3_600_000;
    value(await advanceWaiting(at.swarm, { for: "approval", key: "a-1" }));
    const third = await openRelease(at.swarm);
    expect(third.startedAt).toBe(START + 3_600_000);
    expect(code(await third.wait({ for: "ci", key: "b-1", detail: "x" }))).toBe("journal.waiting");
    at.clock.time += 1_000;
    const fourth = await openRelease(at.swarm);
    expect(fourth.startedAt).toBe(START + 3_601_000);
    value(await fourth.finish("succeeded"));
  });

  test("a finished run keeps status, evidence, cost and working time; its key is free again", async () => {
    const run = await openRelease(at.swarm);
    value(await run.spend(0.25));
    value(await run.spend(0.5));
    at.clock.time += 90_000;
    value(await run.finish("succeeded", { tag: "v1.5.0" }));
    expect(code(await run.finish("failed"))).toBe("journal.closed");
    const { run: record } = value(await readRun(at.swarm, run.id.slice(0, 7)));
    expect(record).toMatchObject({
      status: "succeeded",
      evidence: { tag: "v1.5.0" },
      cost: 0.75,
      finishedAt: START + 90_000,
      product: "payments",
      trigger: "person",
    });
    expect(record.durationMs).toBeGreaterThan(0);
    expect(record.durationMs, "working time is not the clock's").toBeLessThan(60_000);
    expect((await openRelease(at.swarm)).id).not.toBe(run.id);
  });

  test("a clock that jumps back leaves no negative times", async () => {
    const run = await openRelease(at.swarm);
    at.clock.time -= 86_400_000;
    value(await run.step("work", async () => succeed(1)));
    value(await run.finish("succeeded"));
    const { run: record, steps } = value(await readRun(at.swarm, run.id));
    expect(record.durationMs).toBeGreaterThanOrEqual(0);
    expect(steps[0]?.durationMs).toBeGreaterThanOrEqual(0);
  });

  test("fresh gives up the unfinished run and begins anew", async () => {
    const run = await openRelease(at.swarm);
    value(await run.step("build", async () => succeed("old")));
    value(await run.release());
    const anew = await openRelease(at.swarm, { fresh: true });
    expect(anew.id).not.toBe(run.id);
    expect(value(await anew.step("build", async () => succeed("new")))).toBe("new");
    expect(value(await readRun(at.swarm, run.id)).run.status).toBe("abandoned");
  });

  test("the same key in another company or of another kind is another run", async () => {
    const ids = [
      (await openRelease(at.swarm)).id,
      (await openRelease(at.swarm, { company: "globex" })).id,
      (await openRelease(at.swarm, { kind: "publish" })).id,
    ];
    expect(new Set(ids).size).toBe(3);
    expect(value(await listRuns(at.swarm, { company: "acme", kind: "release" })).map((run) => run.id)).toEqual([
      ids[0],
    ]);
  });

  test("a run belongs to a company", async () => {
    await expect(openRun(at.swarm, { ...RELEASE, company: "" })).rejects.toThrow("company");
  });

  test("an unknown or unclear id is said to be so", async () => {
    const run = await openRelease(at.swarm);
    await openRelease(at.swarm, { key: "other" });
    expect(await readRun(at.swarm, "r-zzz")).toMatchObject({ diagnostics: [{ message: "there is no run r-zzz" }] });
    expect(code(await readRun(at.swarm, "r-%"))).toBe("journal.unknown_run");
    expect(code(await readRun(at.swarm, "r-"))).toBe("journal.unknown_run");
    expect(value(await readRun(at.swarm, run.id)).run.id).toBe(run.id);
  });

  test("many that open the same new key at once get one run, and one of them drives it", async () => {
    const swarms = await Promise.all(Array.from({ length: 6 }, () => at.open()));
    const outcomes = await Promise.all(swarms.map((swarm) => openRun(swarm, RELEASE)));
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
    for (const outcome of outcomes) if (!outcome.ok) expect(code(outcome)).toBe("journal.held");
    expect(value(await listRuns(at.swarm))).toHaveLength(1);
  });
}
