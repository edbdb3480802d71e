import { extname } from "node:path";
import { type Diagnostic, fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Swarm } from "../../swarm/open.ts";
import { templatesFor } from "../../swarm/templates.ts";
import type { Candidate } from "./candidate.ts";
import type { Fixer } from "./fixers/fixer.ts";
import { FIXERS } from "./fixers/table.ts";
import type { BuildFailure } from "./read/report.ts";
import { replay } from "./template/replay.ts";
import { templateSchema } from "./template/template.ts";
import type { Tree } from "./tree.ts";

/** What candidates are made from: one failure, and the product as it was when it failed. */
export interface CandidateInput {
  readonly failure: BuildFailure;
  readonly tree: Tree;
  readonly excerpt: string;
}

export interface TemplateShelf {
  readonly swarm: Swarm;
  readonly company: string;
  /** The companies that the constitution lets share with this one. */
  readonly shared: readonly string[];
}

const ECOSYSTEM: Readonly<Record<string, string>> = {
  ".js": "npm",
  ".mjs": "npm",
  ".cjs": "npm",
  ".jsx": "npm",
  ".ts": "npm",
  ".mts": "npm",
  ".cts": "npm",
  ".tsx": "npm",
  ".json": "npm",
  ".py": "pypi",
  ".pyi": "pypi",
  ".rs": "cargo",
  ".go": "go",
  ".java": "maven",
  ".kt": "maven",
  ".c": "c",
  ".h": "c",
  ".cc": "c",
  ".cpp": "c",
  ".hpp": "c",
};

/** Which ecosystem's templates a file may be edited by; files of no ecosystem share one shelf. */
export function ecosystemOf(path: string): string {
  return ECOSYSTEM[extname(path)] ?? "other";
}

/** Candidates from the fleet's learned templates, the most trusted first. */
export async function templateCandidates(
  input: CandidateInput,
  shelf: TemplateShelf,
): Promise<Outcome<readonly Candidate[]>> {
  const file = input.failure.place ? await input.tree.locate(input.failure.place.file) : undefined;
  const ecosystems = file === undefined ? await ecosystemsIn(input.tree) : [ecosystemOf(file)];
  const candidates: Candidate[] = [];
  const warnings: Diagnostic[] = [];
  for (const ecosystem of ecosystems) {
    const found = await templatesFor(shelf.swarm, {
      company: shelf.company,
      pattern: input.failure.pattern,
      ecosystem,
      shared: shelf.shared,
    });
    if (!found.ok) return fail(...found.diagnostics);
    for (const template of found.value) {
      const edit = templateSchema.safeParse(template.edit);
      // Written by a newer version of this program: not understood here, and no reason to stop.
      if (!edit.success) continue;
      const proposed = await replay(
        edit.data,
        { file, line: input.failure.place?.line, captures: input.failure.captures },
        input.tree,
      );
      for (const proposal of proposed) {
        candidates.push({
          ...proposal,
          summary: `${proposal.summary} (${template.id})`,
          source: {
            kind: "template",
            template: template.id,
            learnedIn: template.learnedFrom?.product ?? "another company",
            learnedAt: template.learnedFrom?.commit ?? "",
          },
          trust: template.trust,
        });
      }
    }
  }
  return succeed(candidates, warnings);
}

async function ecosystemsIn(tree: Tree): Promise<readonly string[]> {
  return [...new Set((await tree.paths()).map(ecosystemOf))];
}

/** Candidates from the built-in fixers, the most trusted first; equal edits of two fixers are one candidate. */
export async function builtinCandidates(
  input: CandidateInput,
  fixers: readonly Fixer[] = FIXERS,
): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for (const fixer of fixers) {
    for (const proposal of await fixer.propose(input)) {
      found.push({ ...proposal, source: { kind: "builtin", fixer: fixer.name }, trust: fixer.trust });
    }
  }
  return found.sort((a, b) => b.trust - a.trust);
}

/** What an edit comes to, to tell whether it was tried before. */
export function editKey(candidate: Candidate): string {
  const files = candidate.changes.map((change) => [change.path, change.after, change.executable]);
  return JSON.stringify([files.sort(), candidate.commands ?? []]);
}
