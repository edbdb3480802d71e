import * as z from "zod";
import type { Constitution } from "../constitution/constitution.ts";
import { diffConstitutions, diffLines } from "../constitution/diff.ts";
import { fail, type Outcome, succeed } from "../core/diagnostic.ts";
import { readConstitutionFile } from "../org/constitution-file.ts";
import type { Session } from "../pipeline/session.ts";
import { defineStep } from "./definition.ts";

const answer = z.object({ answer: z.enum(["allow", "deny", "ask"]), rule: z.string(), reason: z.string() });
const changed = z.object({
  seq: z.int().describe("number of the audit entry"),
  at: z.iso.datetime(),
  action: z.string(),
  product: z.string().optional(),
  run: z.string().optional(),
  old: answer,
  new: answer,
});

/** Stands for the organisation's constitution at its protected ref. */
const CURRENT = "current";

export const constitutionDiff = defineStep({
  name: "constitution diff",
  summary: "Show which past decisions a changed constitution would answer otherwise",
  description:
    "Makes every decision of the audit log again under two constitutions, on the facts it was made on, and names those whose answer changes, and those that another rule gives. `current` stands for the organisation's at its protected ref. Pauses and people's answers are not replayed.",
  examples: [
    { command: "codemonkeys constitution diff current constitution.yaml", says: "before you commit a change" },
    { command: "codemonkeys constitution diff old.yaml new.yaml --over audit", says: "two files" },
  ],
  params: z.object({
    old: z.string().describe("a constitution in a file, or `current`"),
    new: z.string().describe("a constitution in a file, or `current`"),
    over: z.enum(["audit"]).default("audit").describe("where past decisions are taken from"),
  }),
  positional: ["old", "new"],
  result: z.object({
    replayed: z.int(),
    changed: z.array(changed),
    moved: z.array(changed).describe("the same answer by another rule"),
    gone_facts: z.array(z.string()).describe("facts in the log that rules can no longer ask about"),
  }),
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, params) {
    const before = constitutionOf(session, params.old);
    const after = constitutionOf(session, params.new);
    if (!before.ok || !after.ok) return fail(...[before, after].flatMap((one) => (one.ok ? [] : one.diagnostics)));
    const entries = await session.audit.entries({ kinds: ["decision"] });
    if (!entries.ok) return entries;
    const diff = diffConstitutions(before.value, after.value, entries.value);
    const lines = diffLines(diff);
    return succeed(
      {
        data: {
          replayed: diff.replayed,
          changed: [...diff.changed],
          moved: [...diff.moved],
          gone_facts: [...diff.goneFacts],
        },
        summary: lines.join("\n"),
        display: lines,
      },
      [...before.warnings, ...after.warnings, ...entries.warnings],
    );
  },
});

function constitutionOf(session: Session, named: string): Outcome<Constitution> {
  if (named === CURRENT) return succeed(session.organisation.constitution);
  return readConstitutionFile(session.cwd, named, `name a file, or ${CURRENT} for the organisation's own`);
}
