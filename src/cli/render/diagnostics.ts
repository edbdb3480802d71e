import type { Diagnostic } from "../../core/diagnostic.ts";
import { pc } from "./colours.ts";

/**
 * Diagnostics as a person reads them: those of one file together, each with its lines, a caret and what to do next.
 * Returns lines without line ends; colour follows picocolors' own detection.
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string[] {
  const lines: string[] = [];
  for (const [file, group] of groupByFile(diagnostics)) {
    if (lines.length > 0) lines.push("");
    if (file !== undefined && group.length > 1) {
      // What a rule refuses or asks is no mistake in the file.
      const isPolicy = group.every(({ kind }) => kind === "policy");
      lines.push(`${pc.bold(shown(file, group[0]))}${isPolicy ? ":" : ` has ${group.length} problems`}`);
    }
    for (const [index, diagnostic] of group.entries()) {
      if (group.length > 1 && file !== undefined) lines.push("");
      else if (index > 0) lines.push("");
      lines.push(...renderOne(diagnostic, file !== undefined && group.length > 1));
    }
  }
  return lines;
}

function groupByFile(diagnostics: readonly Diagnostic[]): Map<string | undefined, Diagnostic[]> {
  const groups = new Map<string | undefined, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const file = diagnostic.where?.excerpt ? diagnostic.where.file : undefined;
    const group = groups.get(file);
    if (group) group.push(diagnostic);
    else groups.set(file, [diagnostic]);
  }
  return groups;
}

/** `constitution.yaml:16:5 at 9f3c1d2` */
function shown(file: string, diagnostic: Diagnostic | undefined, at = ""): string {
  const commit = diagnostic?.where?.commit;
  return commit ? `${file}${at} at ${commit.slice(0, 7)}` : `${file}${at}`;
}

const MARK = { error: "✗", warning: "!", note: "·" } as const;

function renderOne(diagnostic: Diagnostic, inGroup: boolean): string[] {
  const { where } = diagnostic;
  const paint = diagnostic.severity === "error" ? pc.red : diagnostic.severity === "warning" ? pc.yellow : pc.dim;
  const lines: string[] = [];
  const excerpt = where?.excerpt;
  const next = diagnostic.next ? [`  ${pc.cyan("→")} ${diagnostic.next}`] : [];
  if (where?.line !== undefined && excerpt) {
    const at = shown(where.file, diagnostic, `:${where.line}${where.column ? `:${where.column}` : ""}`);
    if (!inGroup) lines.push(`${paint(MARK[diagnostic.severity])} ${pc.bold(at)}`);
    const width = String(excerpt.firstLine + excerpt.lines.length - 1).length;
    for (const [index, text] of excerpt.lines.entries()) {
      const number = excerpt.firstLine + index;
      if (number > where.line) break;
      if (number < where.line - 1) continue;
      lines.push(`  ${pc.dim(`${String(number).padStart(width)} │`)} ${text}`);
    }
    const column = where.column ?? 1;
    const carets = "^".repeat(Math.max(1, (where.endColumn ?? column + 1) - column));
    const pad = (excerpt.lines[where.line - excerpt.firstLine] ?? "").slice(0, column - 1).replaceAll(/[^\t]/g, " ");
    lines.push(`  ${" ".repeat(width)} ${pc.dim("│")} ${pad}${paint(carets)} ${paint(diagnostic.message)}`);
    lines.push(...details(diagnostic), ...next);
    return lines;
  }
  const at = where ? ` ${pc.dim(`(${shown(where.file, diagnostic, where.line ? `:${where.line}` : "")})`)}` : "";
  lines.push(`${paint(MARK[diagnostic.severity])} ${diagnostic.message}${at}  ${pc.dim(diagnostic.code)}`);
  lines.push(...details(diagnostic), ...next);
  return lines;
}

function details(diagnostic: Diagnostic): string[] {
  if (!diagnostic.details) return [];
  return diagnostic.details
    .trimEnd()
    .split("\n")
    .map((line) => `    ${pc.dim(line)}`);
}
