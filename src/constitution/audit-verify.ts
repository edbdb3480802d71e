import { type Diagnostic, fail, type Outcome, problem, type SourcePlace, succeed } from "../core/diagnostic.ts";
import { type AuditEntry, GENESIS, readLine } from "./audit-chain.ts";
import type { StoredLine } from "./audit-store.ts";

/** The chain's end at some time, kept where whoever can write the log cannot write: the organisation repository. */
export interface Anchor {
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
}

export interface AuditVerification {
  readonly entries: number;
  /** The oldest entry kept; 1 unless older ones were pruned. */
  readonly first: number;
  readonly head: Anchor | undefined;
  /** The newest anchor that the log bears out. */
  readonly anchored: Anchor | undefined;
  /** Entries after it, which only the chain itself vouches for; all of them when there is no anchor. */
  readonly beyondAnchor: number;
}

/**
 * Checks the whole chain and the anchors. The failure names the first bad entry: damaged or edited content, entries that
 * are missing, out of order or put in, a rewrite that an anchor contradicts, and a tail that was cut off behind an
 * anchor. A last line that a crash cut off is a warning: it was never reported as written.
 */
export async function verifyChain(
  stored: AsyncIterable<StoredLine>,
  anchors: readonly Anchor[],
  logPlace: string,
): Promise<Outcome<AuditVerification>> {
  const warnings: Diagnostic[] = [];
  const wanted = new Map(anchors.map((anchor) => [anchor.seq, anchor]));
  const prunings: { through: number; hash: string }[] = [];
  let beginning: { entry: AuditEntry; place: SourcePlace } | undefined;
  let last: AuditEntry | undefined;
  let anchored: Anchor | undefined;
  let broken: { seq: number; place: SourcePlace; found: AuditEntry } | undefined;

  for await (const { text, place, torn, damage } of stored) {
    const read = readLine(text);
    if (broken) {
      // The chain is broken already; the rest is only searched for the entry that should have stood there.
      if ("entry" in read && read.entry.seq === broken.seq) {
        return bad(
          "reordered",
          `entry ${broken.seq} is out of order: entry ${broken.found.seq} stands in its place`,
          broken.place,
        );
      }
      continue;
    }
    if (torn) {
      const message = "the last line of the audit log was cut off while it was written";
      warnings.push(
        problem("infrastructure", "audit.torn_tail", message, {
          severity: "warning",
          where: place,
          next: "nothing to do: the next entry repairs it and says so",
        }),
      );
      continue;
    }
    const expected = last ? last.seq + 1 : undefined;
    if (!("entry" in read)) {
      const seq = read.seq ?? expected ?? 1;
      return bad("edited", `entry ${seq} is damaged: ${read.damage}`, place);
    }
    const { entry } = read;
    if (damage) return bad("edited", `entry ${entry.seq} is damaged: ${damage}`, place);
    if (!last) {
      beginning = { entry, place };
    } else if (entry.seq !== last.seq + 1) {
      if (entry.seq <= last.seq) {
        return bad(
          "reordered",
          `entry ${entry.seq} stands after entry ${last.seq}: it is repeated or out of order`,
          place,
        );
      }
      broken = { seq: last.seq + 1, place, found: entry };
      continue;
    } else if (entry.prev !== last.hash) {
      return bad(
        "rewritten",
        `entry ${entry.seq} does not follow from entry ${last.seq}: one of them was replaced`,
        place,
      );
    }
    const anchor = wanted.get(entry.seq);
    if (anchor) {
      if (anchor.hash !== entry.hash) {
        const from = anchored ? `after entry ${anchored.seq}` : "from its beginning";
        const message = `entry ${entry.seq} is not the one that was anchored: the log was rewritten ${from}`;
        return bad("rewritten", message, place);
      }
      anchored = anchor;
    }
    if (entry.kind === "audit.pruned") {
      const data = entry.data as { through?: number; hash?: string };
      if (typeof data.through === "number" && typeof data.hash === "string") {
        prunings.push({ through: data.through, hash: data.hash });
      }
    }
    last = entry;
  }

  if (broken) {
    const upTo = broken.found.seq - 1;
    const what = upTo > broken.seq ? `entries ${broken.seq} to ${upTo} are` : `entry ${broken.seq} is`;
    return bad("missing", `${what} missing`, broken.place);
  }
  if (beginning && (beginning.entry.seq !== 1 || beginning.entry.prev !== GENESIS.hash)) {
    const { entry, place } = beginning;
    const accounted = prunings.some(({ through, hash }) => through === entry.seq - 1 && hash === entry.prev);
    if (!accounted)
      return bad("missing", `entries 1 to ${entry.seq - 1} are missing, and no pruning accounts for them`, place);
  }
  const beyond = anchors.filter(({ seq }) => seq > (last?.seq ?? 0)).sort((a, b) => a.seq - b.seq)[0];
  if (beyond) {
    const first = (last?.seq ?? 0) + 1;
    return bad(
      "cut",
      `entry ${first} is missing: the log was cut off; entry ${beyond.seq} was anchored on ${beyond.at}`,
      {
        file: logPlace,
      },
    );
  }
  const count = last && beginning ? last.seq - beginning.entry.seq + 1 : 0;
  return succeed(
    {
      entries: count,
      first: beginning?.entry.seq ?? 1,
      head: last ? { seq: last.seq, hash: last.hash, at: last.at } : undefined,
      anchored,
      beyondAnchor: last ? last.seq - Math.max(anchored?.seq ?? 0, (beginning?.entry.seq ?? 1) - 1) : 0,
    },
    warnings,
  );
}

function bad(code: string, message: string, where: SourcePlace): Outcome<never> {
  return fail(
    problem("policy", `audit.${code}`, message, {
      where,
      next: "keep the log as evidence; what came before this entry is whole",
    }),
  );
}
