import { afterEach, expect, test, vi } from "vitest";
import type { Outcome } from "../../../src/core/diagnostic.ts";
import { orderCanary } from "../../../src/pillars/canary/orders.ts";
import type { CanaryReport } from "../../../src/pillars/canary/report.ts";
import { advanceCanaries } from "../../../src/pillars/canary/watch.ts";
import type { Half, Session } from "../../../src/pipeline/session.ts";
import { deployStep } from "../../../src/steps/deploy.ts";
import { must } from "../release/world.ts";
import { type CanaryWorld, canaryWorld } from "./world.ts";

// Each turn starts two or three processes.
vi.setConfig({ testTimeout: 60_000 });

const LADDER = `
criteria:
  errors: { bad: errors, of: requests, worse_by: 0.02 }
rungs: [{ share: 10, minutes: 10 }, { share: 100, minutes: 10 }]
`;
const ASKED = { environment: "production", version: undefined, rollback: false };

let canary: CanaryWorld;
afterEach(async () => await canary?.close());

const inHalf = async (half: Half): Promise<Session> => ({ ...(await canary.open()), half });
const deployed = async (half: Half) => must(await deployStep.run(await inHalf(half), ASKED));
const stateOf = (data: unknown) => (data as CanaryReport).state;
const codes = (outcome: Outcome<unknown>) => (outcome.ok ? [] : outcome.diagnostics.map(({ code }) => code));

async function handedOver() {
  const { handover } = await deployed({ does: "work" });
  if (!handover) throw new Error("nothing was handed over");
  return handover;
}

test("a canary is chosen in the work half and led by the act half's jobs, with the very bytes (zones: two)", async () => {
  canary = await canaryWorld(LADDER);
  const { job, path, run, digests } = await handedOver();
  expect([job, path, canary.ansible.changes()]).toEqual(["deploy", "acme/_act/deploy", []]);

  const other = { does: "act", run, digests: ["a".repeat(64)] } as const;
  expect(codes(await deployStep.run(await inHalf(other), ASKED))).toEqual(["half.other_digests"]);
  const begun = await deployed({ does: "act", run, digests });
  expect([begun.verdict, stateOf(begun.data), canary.ansible.changes()]).toEqual(["waiting", "climbing", ["10 1.1.0"]]);

  // The job that began it, started again, goes on with it, and so does every pass of watch.
  canary.clock.add(10);
  expect(stateOf((await deployed({ does: "act", run, digests })).data)).toBe("climbing");
  canary.clock.add(10);
  const [last] = must(await advanceCanaries(await inHalf({ does: "act", run: undefined, digests: [] })));
  expect(last).toMatchObject({ state: "finished", share: 100 });
  expect(canary.ansible.changes()).toEqual(["10 1.1.0", "100 1.1.0", "all 1.1.0"]);
  expect(codes(await deployStep.run(await inHalf({ does: "act", run, digests }), ASKED))).toEqual(["deploy.run_ended"]);
});

test("a product's build may hold its canary and take it back, by the act half's job, and may not send it on", async () => {
  canary = await canaryWorld(LADDER);
  const { run, digests } = await handedOver();
  await deployed({ does: "act", run, digests });
  const say = async (order: "promote" | "resume" | "hold" | "abort") =>
    await orderCanary(await inHalf({ does: "work" }), { environment: undefined, order, because: "the shop is slow" });
  expect([codes(await say("promote")), codes(await say("resume"))]).toEqual([["canary.act_half"], ["canary.act_half"]]);
  expect(must(await say("hold"))).toMatchObject({ state: "held", handover: { path: "acme/_act/deploy", digests } });
  const { handover } = must(await say("abort"));
  expect(canary.ansible.changes()).toEqual(["10 1.1.0"]);
  const back = await deployed({ does: "act", run: handover?.run, digests });
  expect([back.verdict, stateOf(back.data), canary.ansible.servers()]).toEqual([
    "failure",
    "taken_back",
    { live: "1.0.0" },
  ]);
});

test("a canary whose health a command of the product tells is begun by neither half", async () => {
  canary = await canaryWorld(
    LADDER.replace("rungs: [{ share: 10,", "rungs: [{ health: { command: ./tell }, share: 10,"),
  );
  expect(codes(await deployStep.run(await inHalf({ does: "work" }), ASKED))).toEqual(["canary.health_by_command"]);
  expect(must(await deployStep.run(await canary.open(), ASKED)).data).toMatchObject({ state: "climbing" });
});
