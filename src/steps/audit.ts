import * as z from "zod";
import { entryLines, verificationLines } from "../constitution/audit-text.ts";
import { ACTION_NAMES, actionMatches } from "../core/action.ts";
import { type Diagnostic, problem, succeed } from "../core/diagnostic.ts";
import { didYouMean } from "../core/suggest.ts";
import { readAnchors } from "../org/anchors.ts";
import type { Fleet } from "../pipeline/fleet.ts";
import { defineStep } from "./definition.ts";

const anchorSchema = z.object({ seq: z.int(), hash: z.string(), at: z.string() });

export const auditVerify = defineStep({
  name: "audit verify",
  summary: "Check the audit log's hash chain and its anchors",
  description:
    "Reads the whole audit log and names the first entry that was edited, cut, reordered or put in. Anchors in the organisation repository show a rewrite of the whole log; the answer says what lies beyond the last one.",
  examples: [{ command: "codemonkeys audit verify", says: "exit code 0 when the chain is whole" }],
  params: z.object({}),
  result: z.object({ entries: z.int(), first: z.int(), head: anchorSchema.optional(), beyond_anchor: z.int() }),
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session) {
    const anchors = await readAnchors(session);
    if (!anchors.ok) return anchors;
    const verified = await session.audit.verify({ anchors: anchors.value });
    if (!verified.ok) return verified;
    const lines = verificationLines(verified.value, session.organisation.constitution.timeZone);
    const { entries, first, head, beyondAnchor } = verified.value;
    return succeed(
      {
        data: { entries, first, ...(head ? { head: { ...head } } : {}), beyond_anchor: beyondAnchor },
        summary: lines.join("\n"),
        display: lines,
      },
      verified.warnings,
    );
  },
});

export const auditShow = defineStep({
  name: "audit show",
  summary: "Show decisions, effects and approvals from the audit log",
  description: "Lists the newest entries, oldest first, filtered by action, product, run, answer and time.",
  examples: [
    { command: "codemonkeys audit show --last 20", says: "the newest twenty entries" },
    { command: "codemonkeys audit show --action 'git.*' --answer deny", says: "what was refused" },
  ],
  params: z.object({
    action: z.string().optional().describe("an action, or a pattern such as git.*"),
    of: z.string().optional().describe("only this product"),
    run: z.string().optional().describe("only this run"),
    answer: z.enum(["allow", "deny", "ask"]).optional().describe("only decisions with this answer"),
    since: z.iso.date().optional().describe("from this day on, YYYY-MM-DD"),
    last: z.int().min(1).default(50).describe("at most so many, the newest"),
  }),
  result: z.object({ entries: z.array(z.unknown()) }),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, { action, of, run, answer, since, last }) {
    const found = await session.audit.entries({
      last,
      ...(action === undefined ? {} : { action }),
      ...(of === undefined ? {} : { product: of }),
      ...(run === undefined ? {} : { run }),
      ...(answer === undefined ? {} : { answer }),
      ...(since === undefined ? {} : { since: Date.parse(since) }),
    });
    if (!found.ok) return found;
    const lines = entryLines(found.value, session.organisation.constitution.timeZone);
    const display = lines.length > 0 ? lines : ["no entries"];
    // Nothing was found: a name that is nowhere known is the likely reason.
    const doubts = found.value.length > 0 ? [] : unknownNames({ action, of }, session.organisation.fleet.value);
    return succeed(
      { data: { entries: [...found.value] }, diagnostics: doubts, summary: display.join("\n"), display },
      found.warnings,
    );
  },
});

/** What a filter names that there is not; the log may still hold it, of an older program or a product that is gone. */
function unknownNames(
  filter: { readonly action?: string | undefined; readonly of?: string | undefined },
  fleet: Fleet,
) {
  const doubts: Diagnostic[] = [];
  const doubt = (code: string, what: string, name: string, known: readonly string[]) => {
    const meant = didYouMean(name, known);
    doubts.push(
      problem("config", code, `there is no ${what} ${name}${meant ? `; did you mean ${meant}?` : ""}`, {
        severity: "warning",
      }),
    );
  };
  const { action, of } = filter;
  if (action !== undefined && !ACTION_NAMES.some((name) => actionMatches(action, name))) {
    doubt("params.unknown_action", "action", action, ACTION_NAMES);
  }
  if (of !== undefined && !Object.hasOwn(fleet.products, of)) {
    doubt("params.product", "product", of, Object.keys(fleet.products));
  }
  return doubts;
}
