import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CiPermits } from "../../../src/core/ci-backend.ts";
import { fail, problem, succeed } from "../../../src/core/diagnostic.ts";
import { localBackend } from "../../../src/pipeline/local/backend.ts";
import { runPlan } from "../../../src/pipeline/local/run.ts";
import { updateBuild } from "../../../src/swarm/builds.ts";
import { allow } from "../tools/permit.ts";
import { type CiWorld, ciBackendContract } from "./ci-backend-contract.ts";
import { scratchSession } from "./scratch-session.ts";
import { must } from "./support.ts";

const permits: CiPermits = async (action, target) => succeed(allow(action, target));

/** The local backend over a real repository; builds are carried out in this process. */
async function openWorld(): Promise<CiWorld> {
  const scratch = await scratchSession("stages: { test: sh ./test.sh }");
  const plan = await scratch.plan();
  const running: Promise<unknown>[] = [];
  const backend = localBackend({
    permits,
    swarm: scratch.session.swarm,
    companyOf: (job) => (job === "payments" ? "acme" : undefined),
    start(build) {
      const done = runPlan(scratch.session, plan, {
        cause: build.cause,
        build: build.id,
        startStep: async () => succeed({ verdict: "success" }),
      });
      running.push(done);
      return done;
    },
  });
  const scripts = { passes: "echo 'tested ✓'", fails: "exit 1", hangs: "sleep 60" };
  return {
    backend,
    job: "payments",
    async prepare(kind) {
      scratch.write("test.sh", `${scripts[kind]}\n`);
      return scratch.commit(`test: ${kind}`);
    },
    async close() {
      await Promise.allSettled(running);
      await scratch.close();
    },
  };
}

ciBackendContract("local", openWorld);

describe("the local backend besides", () => {
  it("ends a build that could not be started, with the reason", async () => {
    const scratch = await scratchSession("");
    try {
      const backend = localBackend({
        permits,
        swarm: scratch.session.swarm,
        companyOf: () => "acme",
        start: async () => fail(problem("infrastructure", "x.y", "no agent is left")),
      });
      const ref = must(await backend.trigger("payments", {}, "test"));
      await expect
        .poll(async () => must(await backend.status(ref)))
        .toMatchObject({
          state: "failed",
          stages: [{ name: "start", state: "failed" }],
        });
    } finally {
      await scratch.close();
    }
  });

  it("cuts no character that is still being written, and hands out a long log in parts", async () => {
    const scratch = await scratchSession("");
    try {
      const { swarm } = scratch.session;
      const backend = localBackend({ swarm, permits, companyOf: () => "acme", start: async () => succeed(undefined) });
      const ref = must(await backend.trigger("payments", {}, "test"));
      const logPath = join(scratch.root, "growing.log");
      must(await updateBuild(swarm, ref.id, { state: "running", logPath }));
      expect(must(await backend.log(ref, 0))).toEqual({ text: "", next: 0, more: true });
      const smile = Buffer.from("😀");
      writeFileSync(logPath, Buffer.concat([Buffer.from("ab"), smile.subarray(0, 3)]));
      expect(must(await backend.log(ref, 0))).toEqual({ text: "ab", next: 2, more: true });
      appendFileSync(logPath, smile.subarray(3));
      expect(must(await backend.log(ref, 2))).toEqual({ text: "😀", next: 6, more: true });

      const long = "é".repeat(400_000);
      writeFileSync(logPath, `x${long}`);
      must(await updateBuild(swarm, ref.id, { state: "passed" }));
      const parts: string[] = [];
      for (let [offset, more] = [0, true]; more; ) {
        const part = must(await backend.log(ref, offset));
        parts.push(part.text);
        [offset, more] = [part.next, part.more];
      }
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.join("") === `x${long}`).toBe(true);
    } finally {
      await scratch.close();
    }
  });

  it("starts a triggered build once", async () => {
    const scratch = await scratchSession("stages: { test: 'true' }");
    try {
      const plan = await scratch.plan();
      const options = { cause: "x", startStep: async () => succeed({ verdict: "success" as const }) };
      const built = must(await runPlan(scratch.session, plan, options));
      const again = await runPlan(scratch.session, plan, { ...options, build: built.build });
      expect(again.ok ? undefined : again.diagnostics[0]?.code).toBe("build.not_queued");
      const unknown = await runPlan(scratch.session, plan, { ...options, build: "b-none" });
      expect(unknown.ok ? undefined : unknown.diagnostics[0]?.code).toBe("build.unknown");
    } finally {
      await scratch.close();
    }
  });
});
