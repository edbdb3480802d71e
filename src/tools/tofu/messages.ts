import * as z from "zod";
import { type Diagnostic, problem } from "../../core/diagnostic.ts";

/**
 * The JSON of an answer. Before it OpenTofu may print warnings as text (of a settings file that it was told to read and
 * that is not there), whatever format was asked for.
 */
export function jsonOf(answer: string): string {
  return answer.slice(Math.max(0, answer.search(/^\{/m)));
}

/** One line of OpenTofu's machine-readable output (`-json`); its format is documented as stable. */
const line = z.object({
  "@level": z.string(),
  "@message": z.string(),
  type: z.string(),
  diagnostic: z
    .object({
      severity: z.enum(["error", "warning"]),
      summary: z.string(),
      detail: z.string().default(""),
      range: z.object({ filename: z.string(), start: z.object({ line: z.int(), column: z.int() }) }).nullish(),
    })
    .optional(),
});

export interface Message {
  /** What a person follows. */
  readonly progress?: string;
  readonly diagnostic?: Diagnostic;
}

const FOLLOWED = new Set(["planned_change", "apply_start", "apply_complete", "apply_errored", "change_summary"]);

/** What one line says; nothing for a line that is not of the format. */
export function readMessages(text: string): Message[] {
  if (!text.startsWith("{")) return [];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Not a message of OpenTofu's but a line of a provider that begins like one; the log keeps it.
    return [];
  }
  const read = line.safeParse(json);
  if (!read.success) return [];
  if (read.data.diagnostic) return [{ diagnostic: asDiagnostic(read.data.diagnostic) }];
  return FOLLOWED.has(read.data.type) ? [{ progress: read.data["@message"] }] : [];
}

function asDiagnostic(given: NonNullable<z.infer<typeof line>["diagnostic"]>): Diagnostic {
  const { severity, summary, range } = given;
  const where = range ? { where: { file: range.filename, line: range.start.line, column: range.start.column } } : {};
  const known = KNOWN.find(({ says }) => says.test(`${summary}\n${given.detail}`));
  // The backend pg describes who asks for the lock where others describe who has it.
  const detail = known && "asker" in known && known.asker ? given.detail.split("Lock Info:")[0]?.trim() : given.detail;
  return problem(
    known?.kind ?? "product",
    known?.code ?? "tofu.refused",
    known && "message" in known ? known.message : `${summary}${detail ? `: ${firstSentence(detail)}` : ""}`,
    {
      ...where,
      severity,
      ...(known ? { next: known.next } : {}),
      ...(detail ? { details: detail } : {}),
    },
  );
}

const KNOWN = [
  {
    says: /^Error acquiring the state lock\n.*Workspace is already locked/s,
    code: "tofu.locked",
    kind: "infrastructure",
    asker: true,
    next: "wait for the other run to end; PostgreSQL lets go of the lock with its holder's connection, which pg_locks and pg_stat_activity name",
  },
  {
    // What a store answers whose lock file is there already says so in a heap of HTTP.
    says: /^Error acquiring the state lock\n.*\bPreconditionFailed\b/s,
    code: "tofu.locked",
    kind: "infrastructure",
    message: "the state is locked: its lock lies in the bucket already",
    next: "wait for the other run to end; if it died, tofu force-unlock takes the lock away",
  },
  {
    says: /^Error acquiring the state lock/,
    code: "tofu.locked",
    kind: "infrastructure",
    asker: false,
    next: "wait for the other run to end; if it died, tofu force-unlock takes the lock away",
  },
  {
    says: /^Saved plan is stale/,
    code: "tofu.stale_plan",
    kind: "policy",
    next: "plan again: what was approved was for another state",
  },
] as const;

function firstSentence(text: string): string {
  const line = text.split("\n").find((one) => one.trim() !== "") ?? "";
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
