import { type ActionName, actionMatches } from "../core/action.ts";
import type { Json } from "../core/canonical.ts";
import type { Clock } from "../core/clock.ts";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Redactor } from "../core/redact.ts";
import type { Swarm } from "../swarm/open.ts";
import { type AuditDraft, type AuditEntry, chain, readLine } from "./audit-chain.ts";
import { openFileStore } from "./audit-file.ts";
import { isSystemError } from "./audit-lock.ts";
import type { AuditStore, StoredLine } from "./audit-store.ts";
import { tableStore } from "./audit-table.ts";
import { AuditUnreadable } from "./audit-unreadable.ts";
import { type Anchor, type AuditVerification, verifyChain } from "./audit-verify.ts";

export type { AuditDraft, AuditEntry, AuditKind, AuditSubject } from "./audit-chain.ts";
export type { Anchor, AuditVerification } from "./audit-verify.ts";

/** The append-only log of decisions, effects, approvals and evidence. */
export interface Audit {
  /** The folder or database that holds it. */
  readonly place: string;
  /** Logs an entry; it is redacted, chained, and safe on disk when this returns. */
  append(draft: AuditDraft): Promise<Outcome<AuditEntry>>;
  /** The entries that pass a filter, oldest first. A damaged line is left out with a warning; `verify` judges it. */
  entries(filter?: AuditFilter): Promise<Outcome<readonly AuditEntry[]>>;
  verify(options?: { readonly anchors?: readonly Anchor[] }): Promise<Outcome<AuditVerification>>;
  /** The chain's end, for the act half to commit to the organisation repository. Undefined while the log is empty. */
  anchorHead(): Promise<Outcome<Anchor | undefined>>;
  /** Drops what is older than `keepMs` milliseconds, in whole sealed segments, and logs that it did. */
  prune(keepMs: number): Promise<Outcome<{ readonly entries: number }>>;
}

export interface AuditFilter {
  readonly kinds?: readonly string[];
  /** An action or a pattern such as `git.*`. */
  readonly action?: string;
  readonly answer?: "allow" | "deny" | "ask";
  readonly company?: string;
  readonly product?: string;
  readonly run?: string;
  /** Milliseconds since the epoch, inclusive. */
  readonly since?: number;
  /** Only the newest so many. */
  readonly last?: number;
}

export interface AuditOptions {
  /** Folder of the log when it is kept in files. */
  readonly dir: string;
  readonly clock: Clock;
  readonly redactor: Redactor;
  /** With a PostgreSQL Swarm the chain is a table there, so that all machines share it. */
  readonly swarm?: Swarm;
  /** Bytes after which a file segment is sealed. */
  readonly segmentBytes?: number;
  /** See `FileStoreOptions.durable`. */
  readonly durable?: boolean;
}

/** Opens the audit log, making it when there is none. */
export async function openAudit(options: AuditOptions): Promise<Outcome<Audit>> {
  if (options.swarm?.kind === "postgres") return succeed(auditOver(tableStore(options.swarm), options));
  const { dir, clock, segmentBytes, durable } = options;
  const store = await openFileStore({
    dir,
    clock,
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
    ...(durable === undefined ? {} : { durable }),
  });
  return store.ok ? succeed(auditOver(store.value, options)) : store;
}

/** The log over any store. */
export function auditOver(store: AuditStore, { clock, redactor }: Pick<AuditOptions, "clock" | "redactor">): Audit {
  return {
    place: store.place,
    async append(draft) {
      const redacted = redactDraft(draft, redactor);
      return await store.append((end, at) => chain(end, redacted, at));
    },
    async entries(filter = {}) {
      return await reading(store, async () => {
        const kept: AuditEntry[] = [];
        const warnings: Diagnostic[] = [];
        for await (const line of store.lines()) {
          const read = readLine(line.text);
          if (!("entry" in read)) warnings.push(damaged(line, read.damage));
          else if (passes(read.entry, filter)) kept.push(read.entry);
        }
        return succeed(filter.last === undefined ? kept : kept.slice(-filter.last || kept.length), warnings);
      });
    },
    async verify({ anchors = [] } = {}) {
      return await reading(store, () => verifyChain(store.lines(), anchors, store.place));
    },
    async anchorHead() {
      return await reading(store, async () => {
        let head: Anchor | undefined;
        for await (const line of store.lines()) {
          const read = readLine(line.text);
          if ("entry" in read) head = { seq: read.entry.seq, hash: read.entry.hash, at: read.entry.at };
        }
        return succeed(head);
      });
    },
    async prune(keepMs) {
      const before = new Date(clock.now() - keepMs).toISOString();
      return await store.prune(before, ({ through, entries }) => ({
        kind: "audit.pruned",
        data: { through: through.seq, hash: through.hash, entries, before },
      }));
    },
  };
}

async function reading<T>(store: AuditStore, work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AuditUnreadable) return { ok: false, diagnostics: error.diagnostics };
    if (!isSystemError(error)) throw error;
    return fail(
      problem("infrastructure", "audit.cannot_read", `the audit log cannot be read: ${messageOf(error)}`, {
        where: { file: store.place },
        next: "check the folder's permissions",
      }),
    );
  }
}

function damaged(line: StoredLine, damage: string): Diagnostic {
  return problem("infrastructure", "audit.damaged_line", `an audit line was left out: ${damage}`, {
    severity: "warning",
    where: line.place,
    next: "run `codemonkeys audit verify`",
  });
}

function passes(entry: AuditEntry, filter: AuditFilter): boolean {
  const data = (typeof entry.data === "object" && entry.data !== null ? entry.data : {}) as Record<string, Json>;
  return (
    (filter.kinds === undefined ||
      filter.kinds.some((kind) => entry.kind === kind || entry.kind.startsWith(`${kind}.`))) &&
    (filter.action === undefined ||
      (typeof data.action === "string" && actionMatches(filter.action, data.action as ActionName))) &&
    (filter.answer === undefined || data.answer === filter.answer) &&
    (filter.company === undefined || entry.company === filter.company) &&
    (filter.product === undefined || entry.product === filter.product) &&
    (filter.run === undefined || entry.run === filter.run) &&
    (filter.since === undefined || Date.parse(entry.at) >= filter.since)
  );
}

function redactDraft(draft: AuditDraft, redactor: Redactor): AuditDraft {
  const text = (value: string) => redactor.redact(value);
  return {
    kind: draft.kind,
    ...(draft.company === undefined ? {} : { company: text(draft.company) }),
    ...(draft.product === undefined ? {} : { product: text(draft.product) }),
    ...(draft.run === undefined ? {} : { run: text(draft.run) }),
    ...(draft.requester === undefined ? {} : { requester: text(draft.requester) }),
    data: redactJson(draft.data, text),
  };
}

/** All strings of a value, keys included, redacted. */
export function redactJson(value: Json, text: (value: string) => string): Json {
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => redactJson(item, text));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      item === undefined ? [] : [[text(key), redactJson(item as Json, text)] as const],
    ),
  );
}
