import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Lane } from "./lane.ts";

/**
 * Watches a lane from outside, through what everybody may see: the journal's rows, the audit log, refs and the
 * registry's folder. Nothing in the program knows of it.
 */
export interface Watch {
  /** Cheap: whether anything was written since the last look. */
  moved(): boolean;
  /** Boundaries that were passed since the last look, oldest first. */
  look(): string[];
  /** True when the remote has a release's tag and the registry has not its files. */
  tagWithoutArtefacts(): boolean;
  close(): void;
}

interface Row {
  readonly kind: string;
  readonly id: string;
  readonly status: string;
  readonly name: string | null;
  readonly state: string | null;
  readonly attempts: number | null;
}

const ROWS = `
  select runs.kind, runs.id, runs.status, step.name, step.state, step.attempts
  from runs left join run_steps step on step.run_id = runs.id
  where runs.product = ? order by runs.created_at, coalesce(step.finished_at, step.started_at), step.seq`;

export function watchLane(lane: Lane): Watch {
  const state = join(lane.layout.root, "state");
  const database = new DatabaseSync(join(state, "swarm.db"), { readOnly: true, timeout: 0 });
  const version = database.prepare("pragma data_version");
  const rows = database.prepare(ROWS);
  const audit = join(state, "audit", "000001.jsonl");
  let offset = existsSync(audit) ? statSync(audit).size : 0;
  const labels = new Map<string, string>();
  let seenVersion = -1;
  let seenSize = offset;
  let seenWorld = "";
  const passed = new Set<string>();

  const world = () => worldOf(lane);

  function rowsNow(): string[] {
    const names: string[] = [];
    for (const row of rows.all(lane.product.name) as unknown as Row[]) {
      if (row.name !== null) {
        // A quick step may be done before anyone looked: then it was begun all the same.
        names.push(`row ${row.id} ${row.kind}: ${row.name} started#${row.attempts}`);
        if (row.state === "done") names.push(`row ${row.id} ${row.kind}: ${row.name} done#${row.attempts}`);
      }
      names.push(`row ${row.id} ${row.kind}: run ${row.status}`);
    }
    // A run's status changes after its steps.
    return [...new Set(names)].sort((a, b) => Number(a.includes(": run ")) - Number(b.includes(": run ")));
  }

  function audited(): string[] {
    const { text, size } = readFrom(audit, offset);
    const end = text.lastIndexOf("\n") + 1;
    offset += Buffer.byteLength(text.slice(0, end));
    seenSize = size;
    const names: string[] = [];
    for (const line of text.slice(0, end).split("\n")) {
      if (line === "") continue;
      const { kind, data } = JSON.parse(line) as { kind: string; data: Record<string, unknown> };
      const hash = String(data.target_hash ?? "");
      if (kind === "decision") labels.set(hash, labelOf(data));
      const about = data.action === undefined ? "" : ` ${labels.get(hash) ?? String(data.action)}`;
      names.push(`audit ${kind}${about}`);
    }
    return names;
  }

  function worldMarks(): string[] {
    const now = world();
    seenWorld = JSON.stringify(now);
    return Object.entries(now).map(([place, value]) => `world ${place}\0${value}`);
  }

  /** Marks are told apart by what they hold; what is told of them is their name. */
  function fresh(marks: readonly string[]): string[] {
    const names: string[] = [];
    for (const mark of marks) {
      if (passed.has(mark)) continue;
      passed.add(mark);
      names.push(
        mark
          .replace(/\0.*$/s, "")
          .replace(/^row \S+ /, "journal ")
          // A wait names its commit, and each fleet has others.
          .replace(/\b[0-9a-f]{40}\b/, "COMMIT")
          .replace(/#\d+$/, ""),
      );
    }
    return names;
  }

  const watch: Watch = {
    moved() {
      const { data_version: now } = version.get() as { data_version: number };
      return now !== seenVersion || sizeOf(audit) !== seenSize || JSON.stringify(world()) !== seenWorld;
    },
    look() {
      seenVersion = (version.get() as { data_version: number }).data_version;
      // In the order in which one effect writes them: the world, then the audit log, then the journal.
      const inWorld = fresh(worldMarks());
      return [...inWorld, ...audited(), ...fresh(rowsNow())];
    },
    tagWithoutArtefacts() {
      const now = world();
      return Object.keys(now).some((place) => place.startsWith("remote tag")) && now.registry === undefined;
    },
    close: () => database.close(),
  };
  watch.look();
  return watch;
}

/** `git.push refs/heads/main`: the action, and what tells two effects of one action apart. */
function labelOf(data: Record<string, unknown>): string {
  const target = (data.target ?? {}) as Record<string, unknown>;
  const which = target.ref ?? target.tag ?? target.name ?? "";
  return `${String(data.action)} ${String(which)}`.trim();
}

/** Refs here and at the remote that the loop moves, and the registry's files; what is not there is left out. */
function worldOf(lane: Lane): Record<string, string> {
  const { layout, product } = lane;
  const local = join(layout.products, product.name, ".git");
  const remote = join(layout.remotes, `${product.name}.git`);
  const now: Record<string, string> = {};
  for (const [place, folder] of [
    ["local", local],
    ["remote", remote],
  ] as const) {
    const branch = textOf(join(folder, "refs", "heads", "main"));
    if (branch !== undefined) now[`${place} branch main`] = branch;
    const before = new Set(product.history.map(({ tag }) => tag));
    for (const tag of readdirSync(join(folder, "refs", "tags"))) {
      if (!before.has(tag) && !tag.endsWith(".lock")) now[`${place} tag ${tag}`] = "made";
    }
  }
  const files = lane.artefacts();
  if (files.length > 0) now.registry = files.join(" ");
  return now;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readFrom(file: string, offset: number): { text: string; size: number } {
  if (!existsSync(file)) return { text: "", size: 0 };
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.max(0, size - offset));
    const length = readSync(descriptor, buffer, 0, buffer.length, offset);
    return { text: buffer.subarray(0, length).toString("utf8"), size };
  } finally {
    closeSync(descriptor);
  }
}
