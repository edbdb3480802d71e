import * as z from "zod";
import { spanMs } from "../constitution/schema.ts";
import { succeed } from "../core/diagnostic.ts";
import { readAnchors } from "../org/anchors.ts";
import { defineStep } from "./definition.ts";

export const auditPrune = defineStep({
  name: "audit prune",
  summary: "Drop sealed parts of the audit log that are older than the constitution keeps",
  description:
    "`audit.keep` of the constitution says how long entries are kept (two years without it). Only whole sealed segments go, the log is verified first, and an entry says what was dropped, so that the chain stays whole.",
  examples: [{ command: "codemonkeys audit prune", says: "what is older than audit.keep" }],
  params: z.object({}),
  result: z.object({ entries: z.int().describe("how many were dropped"), keep: z.string() }),
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session) {
    const { keep } = session.organisation.constitution.document.audit;
    const keepMs = spanMs(keep);
    if (keepMs === undefined) throw new Error(`the constitution's schema let ${keep} through`);
    const anchors = await readAnchors(session);
    if (!anchors.ok) return anchors;
    const verified = await session.audit.verify({ anchors: anchors.value });
    if (!verified.ok) return verified;
    const pruned = await session.audit.prune(keepMs);
    if (!pruned.ok) return pruned;
    const { entries } = pruned.value;
    const what = entries === 0 ? "no sealed part of the log is" : `${entries} entries were dropped:`;
    return succeed({ data: { entries, keep }, summary: `${what} older than ${keep}` }, verified.warnings);
  },
});
