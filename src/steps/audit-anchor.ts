import * as z from "zod";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { task } from "../core/events.ts";
import { type Anchoring, anchorAudit } from "../org/anchor-audit.ts";
import { anchorSchema } from "../org/anchors.ts";
import type { Session } from "../pipeline/session.ts";
import { defineStep } from "./definition.ts";

export const auditAnchor = defineStep({
  name: "audit anchor",
  summary: "Commit the audit log's head to the organisation repository",
  description:
    "Verifies the log, then adds its newest entry's number and hash to `audit/anchors.jsonl` and pushes that. From then on a cut tail or a rewrite up to there shows in `audit verify`, whoever can write the log. Asked of the constitution as pillar `org`; with nothing new in the log nothing is done. A release anchors at its end where a rule allows it.",
  examples: [{ command: "codemonkeys audit anchor", says: "vouch for the log up to now" }],
  params: z.object({}),
  result: z.object({
    state: z.enum(["anchored", "nothing", "planned"]),
    anchor: anchorSchema.optional(),
    commit: z.string().optional().describe("the organisation's commit"),
  }),
  credentials: [],
  tools: ["git"],
  actions: ["git.commit", "git.push"],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session) {
    const done = await anchor(session, false);
    if (!done.ok) return done;
    const { state, anchor: written, commit, reason } = done.value;
    if (state === "not_allowed") {
      return fail(
        problem("policy", "audit.anchor_not_allowed", `the audit log may not be anchored: ${reason}`, {
          next: 'allow git.commit and git.push where run.pillar == "org" && change.paths == ["audit/anchors.jsonl"]',
        }),
      );
    }
    const said = state === "planned" ? `would anchor up to #${written?.seq}` : reason;
    return succeed({
      data: { state, ...(written ? { anchor: { ...written } } : {}), ...(commit ? { commit } : {}) },
      summary: said,
    });
  },
});

/** Anchors after work that acted. The work is done whatever becomes of it, so that a failure is a warning. */
export async function anchorAfterwards(session: Session): Promise<Diagnostic[]> {
  const done = await anchor(session, true);
  if (done.ok) return [];
  return done.diagnostics.map((one) => ({
    ...one,
    severity: "warning" as const,
    message: `the audit log was not anchored: ${one.message}`,
  }));
}

function anchor(session: Session, whereAllowed: boolean): Promise<Outcome<Anchoring>> {
  return task(
    session.emit,
    "audit.anchor",
    "anchoring the audit log in the organisation",
    () => anchorAudit(session, { whereAllowed }),
    (done) => {
      if (!done.ok) return { state: "failed" };
      const { state, reason } = done.value;
      if (state === "anchored") return { title: `audit log ${reason}` };
      if (state === "planned")
        return { state, title: `would anchor the audit log up to #${done.value.anchor?.seq}: ${reason}` };
      return { state: "skipped", title: `audit log not anchored: ${reason}` };
    },
  );
}
