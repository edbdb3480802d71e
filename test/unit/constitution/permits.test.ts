import { rm } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { perform } from "../../../src/constitution/effect.ts";
import { permitOf } from "../../../src/constitution/gate.ts";
import { fail, type Outcome, problem, succeed } from "../../../src/core/diagnostic.ts";
import type { Permit } from "../../../src/core/permit.ts";
import { COMMIT, COMMIT_TARGET, codeOf, constitution, must, testGate } from "./support.ts";

const POLICY = constitution("- { id: all, allow: ['*'] }");

async function permitted() {
  const made = await testGate(POLICY);
  const permit = must(permitOf(await made.gate("git.commit", COMMIT_TARGET, {})));
  const act = vi.fn(async (): Promise<Outcome<string>> => succeed("done"));
  return { ...made, permit, act };
}

describe("a permit is refused, and nothing is done", () => {
  test("when it was forged, by hand or by a cast", async () => {
    const { permit, act } = await permitted();
    const forged = {
      id: "p-1",
      action: "git.commit",
      targetHash: permit.targetHash,
      expiresAt: Number.MAX_SAFE_INTEGER,
    };
    for (const wrong of [forged, {}, null, undefined, "p-1"]) {
      expect(codeOf(await perform(wrong as never, "git.commit", COMMIT_TARGET, act))).toBe("permit.forged");
    }
    expect(act).not.toHaveBeenCalled();
  });
  test("when it was copied", async () => {
    const { permit, act } = await permitted();
    for (const copy of [{ ...permit }, structuredClone(permit), Object.create(permit), new Proxy(permit, {})]) {
      expect(codeOf(await perform(copy as Permit<"git.commit">, "git.commit", COMMIT_TARGET, act))).toBe(
        "permit.forged",
      );
    }
    expect(act).not.toHaveBeenCalled();
  });
  test("when it was used before, also at the same time", async () => {
    const { permit, act } = await permitted();
    const both = await Promise.all([1, 2].map(() => perform(permit, "git.commit", COMMIT_TARGET, act)));
    expect(both.map(codeOf)).toEqual([undefined, "permit.reused"]);
    expect(codeOf(await perform(permit, "git.commit", COMMIT_TARGET, act))).toBe("permit.reused");
    expect(act).toHaveBeenCalledTimes(1);
  });
  test("when its effect failed before: a second try asks again", async () => {
    const { permit, act } = await permitted();
    act.mockResolvedValueOnce(fail(problem("infrastructure", "x.y", "no")));
    expect(codeOf(await perform(permit, "git.commit", COMMIT_TARGET, act))).toBe("x.y");
    expect(codeOf(await perform(permit, "git.commit", COMMIT_TARGET, act))).toBe("permit.reused");
  });
  test("when it has expired", async () => {
    const { permit, act, clock } = await permitted();
    clock.advance(5 * 60_000);
    expect(codeOf(await perform(permit, "git.commit", COMMIT_TARGET, act))).toBe("permit.expired");
    expect(act).not.toHaveBeenCalled();
  });
  test("when it is aimed at another target, or another action", async () => {
    const { permit, act } = await permitted();
    const elsewhere = { ...COMMIT_TARGET, branch: "main" };
    expect(codeOf(await perform(permit, "git.commit", elsewhere, act))).toBe("permit.re_aimed");
    const push = { repository: "r", remote: "origin", ref: "refs/heads/x", commit: COMMIT };
    expect(codeOf(await perform(permit as never, "git.push", push, act))).toBe("permit.re_aimed");
    expect(act).not.toHaveBeenCalled();
    // A refused try does not use the permit up.
    expect(await perform(permit, "git.commit", { ...COMMIT_TARGET }, act)).toMatchObject({ ok: true });
  });
  test("changing a permit is impossible", async () => {
    const { permit } = await permitted();
    expect(() => Object.assign(permit, { expiresAt: Number.MAX_SAFE_INTEGER })).toThrow(TypeError);
  });
});

describe("the log of an effect", () => {
  test("says when it failed, and why", async () => {
    const { permit, act, audit } = await permitted();
    act.mockResolvedValueOnce(fail(problem("infrastructure", "git.locked", "the index is locked")));
    await perform(permit, "git.commit", COMMIT_TARGET, act);
    expect(must(await audit.entries()).at(-1)).toMatchObject({
      kind: "effect.failed",
      data: { failures: [{ code: "git.locked", message: "the index is locked" }] },
    });
  });
  test("says when the code threw, and the error goes on", async () => {
    const { permit, act, audit } = await permitted();
    act.mockRejectedValueOnce(new Error("bug"));
    await expect(perform(permit, "git.commit", COMMIT_TARGET, act)).rejects.toThrow("bug");
    expect(must(await audit.entries()).at(-1)).toMatchObject({ kind: "effect.failed", data: { thrown: "bug" } });
  });
  test("comes first: when it cannot be written, nothing is done", async () => {
    const { permit, act, audit } = await permitted();
    await rm(audit.place, { recursive: true });
    expect(codeOf(await perform(permit, "git.commit", COMMIT_TARGET, act))).toBe("audit.cannot_write");
    expect(act).not.toHaveBeenCalled();
  });
  test("that cannot be finished leaves the effect's value, with a warning", async () => {
    const { permit, audit } = await permitted();
    const outcome = await perform(permit, "git.commit", COMMIT_TARGET, async () => {
      await rm(audit.place, { recursive: true });
      return succeed("done");
    });
    expect(outcome).toMatchObject({
      ok: true,
      value: "done",
      warnings: [{ code: "audit.cannot_write", severity: "warning" }],
    });
  });
});
