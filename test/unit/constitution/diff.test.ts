import { expect, test } from "vitest";
import type { AuditDraft } from "../../../src/constitution/audit.ts";
import { entryLines, verificationLines } from "../../../src/constitution/audit-text.ts";
import { diffConstitutions, diffLines } from "../../../src/constitution/diff.ts";
import { perform } from "../../../src/constitution/effect.ts";
import { permitOf } from "../../../src/constitution/gate.ts";
import { establish } from "../../../src/constitution/probe.ts";
import { fail, problem } from "../../../src/core/diagnostic.ts";
import { COMMIT, COMMIT_TARGET, constitution, must, testGate } from "./support.ts";

const OLD = constitution("- { id: may, allow: ['*'] }\n- { id: no, deny: [release.tag], when: product.tier == 0 }");
const TAG = { repository: "r", tag: "v1", commit: COMMIT };

async function history() {
  const made = await testGate(OLD);
  const tier = (value: number) => establish("spec", `${value}`, { "product.tier": value });
  await made.gate("git.commit", COMMIT_TARGET, tier(0));
  await made.gate("release.tag", TAG, tier(0));
  await made.gate("release.tag", TAG, tier(1));
  made.clock.set("2026-11-20T12:00:00Z");
  await made.gate("release.tag", TAG, tier(2));
  return made;
}

test("past decisions are made again on their own facts, time included", async () => {
  const { audit } = await history();
  const entries = must(await audit.entries());
  const changed = constitution(
    "- { id: may, allow: [git.commit, release.tag] }\n- { id: fridays, deny: [release.tag], when: now.weekday == 'Friday' }\n- { id: tier-0, deny: [release.tag], when: product.tier == 0 }",
  );
  const diff = diffConstitutions(OLD, changed, entries);
  expect(diff).toMatchObject({
    replayed: 4,
    changed: [
      {
        seq: 4,
        action: "release.tag",
        product: "payments",
        old: { answer: "allow", rule: "may" },
        new: { answer: "deny", rule: "fridays" },
      },
    ],
    moved: [{ seq: 2, old: { rule: "no" }, new: { rule: "tier-0" } }],
    goneFacts: [],
  });
  expect(diffLines(diff)).toEqual([
    "4 past decisions: 1 would be answered otherwise, 1 the same by another rule",
    "  #4 2026-11-20 12:00  release.tag of payments: allow by may → deny by fridays",
  ]);
});

test("the same constitution changes nothing", async () => {
  const { audit } = await history();
  const diff = diffConstitutions(OLD, OLD, must(await audit.entries()));
  expect([diff.changed, diff.moved]).toEqual([[], []]);
  expect(diffLines(diff)).toEqual(["4 past decisions: the same answers by the same rules"]);
});

test("facts that no longer exist are named, and count as unknown", async () => {
  const { audit } = await testGate(OLD);
  must(
    await audit.append({
      kind: "decision",
      data: {
        action: "git.push",
        answer: "allow",
        facts: { "moon.phase": { value: "full", probe: "p", evidence: "" } },
      },
    }),
  );
  const diff = diffConstitutions(OLD, OLD, must(await audit.entries()));
  expect(diff).toMatchObject({ replayed: 1, goneFacts: ["moon.phase"] });
});

test("the log is shown to people in words", async () => {
  const { audit, gate, clock } = await history();
  const permit = must(
    permitOf(await gate.bound({ run: { id: "r-7f3a", startedAt: clock.now() } })("git.commit", COMMIT_TARGET, {})),
  );
  await perform(permit, "git.commit", COMMIT_TARGET, async () =>
    fail(problem("infrastructure", "git.locked", "the index is locked")),
  );
  const shown = entryLines(must(await audit.entries()), "Europe/Berlin");
  // What was acted on, and no reason that only says the rule's name again.
  expect(shown[1]).toBe("#2  Mon 16 Nov 2026 10:00  payments  release.tag denied by no for zoe: v1");
  expect(shown.slice(-2)).toEqual([
    `#6  Fri 20 Nov 2026 13:00  payments  git.commit started under ${permit.id}: on ${COMMIT_TARGET.branch}  [r-7f3a]`,
    `#7  Fri 20 Nov 2026 13:00  payments  git.commit failed under ${permit.id}: on ${COMMIT_TARGET.branch}: the index is locked  [r-7f3a]`,
  ]);
});

test("pauses and what became of questions are shown in words as well", async () => {
  const { audit } = await history();
  const about = { approval: "a-1", action: "release.tag", rule: "no", plan: "f00" };
  const drafts: AuditDraft[] = [
    { kind: "pause.begun", requester: "zoe", company: "acme", data: { of: { scope: "company" }, reason: "a freeze" } },
    { kind: "pause.ended", requester: "zoe", data: { of: { scope: "fleet" } } },
    { kind: "approval.refused", data: { ...about, person: "zoe", because: "approval.requester" } },
    { kind: "approval.granted", data: about },
    { kind: "approval.expired", data: about },
    { kind: "approval.void", data: about },
    { kind: "state.template_revoked", requester: "zoe", data: { template: "t-19", because: "it was wrong" } },
  ];
  for (const draft of drafts) must(await audit.append(draft));
  const shown = entryLines(must(await audit.entries()), "UTC").slice(-drafts.length);
  expect(shown.map((line) => line.replace(/^.*12:00 +/, ""))).toEqual([
    "acme      company acme paused by zoe: a freeze",
    "the fleet resumed by zoe",
    "the answer of zoe to release.tag did not count (a-1, approval.requester)",
    "release.tag granted by people (a-1)",
    "release.tag: nobody answered in time (a-1)",
    "release.tag: the plan has changed, so the question is void (a-1)",
    "the template t-19 was revoked for zoe: it was wrong",
  ]);
});

test("a verification is shown to people in words", async () => {
  const { audit } = await history();
  const anchor = must(await audit.anchorHead());
  if (!anchor) throw new Error("expected an anchor");
  must(await audit.append({ kind: "evidence", data: {} }));
  expect(verificationLines(must(await audit.verify({ anchors: [anchor] })), "UTC")).toEqual([
    "5 entries, the chain is whole; last #5 of Fri 20 Nov 2026 12:00",
    "anchored up to #4 (Fri 20 Nov 2026 12:00); 1 entry lies beyond the anchor",
  ]);
  expect(verificationLines(must(await audit.verify()), "UTC")[1]).toContain("no anchor vouches");
});
