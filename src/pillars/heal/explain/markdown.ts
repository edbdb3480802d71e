import type { BuildFailure } from "../read/report.ts";
import { CATEGORY_WORDS, type Explanation, inOrderOfInterest, placeText, rangeText, storyText } from "./explanation.ts";

const SHOWN = 10;

/**
 * Markdown for a pull request's comment and Jenkins' build page. All text of the log is quoted as code: it can form no
 * link, image, mention or HTML.
 */
export function explainMarkdown(explanation: Explanation): string {
  const { report, log } = explanation;
  if (report.root === undefined) return `No failure found in ${code(log)} (${report.lines} lines).\n`;
  const ordered = inOrderOfInterest(report);
  const causes = ordered.filter((failure) => failure.root || failure.rank === "cause");
  const [root, ...others] = causes;
  const parts = [rootPart(root!, explanation)];
  if (others.length > 0) {
    parts.push(`**${others.length} more**\n\n${others.slice(0, SHOWN).map(item).join("\n")}`);
    if (others.length > SHOWN) parts.push(`and ${others.length - SHOWN} others`);
  }
  return `${parts.join("\n\n")}\n`;
}

function rootPart(failure: BuildFailure, { log, report, excerpts, stories, notes, link }: Explanation): string {
  const title = [`### ✗ ${CATEGORY_WORDS[failure.category]}`, code(placeText(failure)), code(failure.test ?? "")];
  const range = `${log}:${rangeText(failure.logLines)}`;
  const url = link?.(failure.logLines[0]);
  const where =
    url === undefined
      ? code(range)
      : `[${range.replace(/[[\]]/g, "")}](${encodeURI(url).replace(/[()]/g, encodeURIComponent)})`;
  const lines = [
    title.filter((part) => part !== "").join(" "),
    "",
    `${code(failure.message)}  `,
    `${where} of ${report.lines} lines, reported by ${failure.tool}`,
  ];
  for (const note of notes?.get(failure.occurrence) ?? []) lines.push("", code(note));
  const excerpt = excerpts?.get(failure.occurrence);
  if (excerpt !== undefined)
    lines.push("", "<details><summary>Log</summary>", "", fenced(excerpt.lines), "", "</details>");
  const story = stories?.get(failure.pattern);
  if (story !== undefined) lines.push("", `_${storyText(story)}_`);
  return lines.join("\n");
}

function item(failure: BuildFailure): string {
  const parts = [
    CATEGORY_WORDS[failure.category],
    code(placeText(failure)),
    code(failure.test ?? ""),
    code(failure.message),
  ];
  return `- ${parts.filter((part) => part !== "").join(" ")}`;
}

/** Inline code whose fence is longer than any run of backticks inside. */
function code(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim().slice(0, 300);
  if (flat === "") return "";
  const fence = "`".repeat(longestRun(flat) + 1);
  const pad = flat.startsWith("`") || flat.endsWith("`") ? " " : "";
  return `${fence}${pad}${flat}${pad}${fence}`;
}

function fenced(lines: readonly string[]): string {
  const text = lines.join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
