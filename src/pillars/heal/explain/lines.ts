import type { BuildFailure } from "../read/report.ts";
import type { Excerpt } from "./excerpt.ts";
import { CATEGORY_WORDS, type Explanation, inOrderOfInterest, placeText, rangeText, storyText } from "./explanation.ts";

/** A line for the terminal; the CLI chooses colours by `tone`. */
export interface ToldLine {
  readonly text: string;
  readonly tone: "root" | "failure" | "plain" | "quiet";
}

const SHOWN_CAUSES = 8;
const SHOWN_EXCERPT = 10;

/** A text whose paths below a folder are relative to it, also those that are written as addresses (`file://`). */
export function withoutRoot(text: string, root: string): string {
  return text.replaceAll(`file://${root}/`, "").replaceAll(`${root}/`, "");
}

/**
 * The cause on the first screen: root with its lines of the log, other causes in two lines each, the rest counted.
 * Paths below `root` are shown from there.
 */
export function explainLines(explanation: Explanation, root?: string): readonly ToldLine[] {
  const lines = toldLines(explanation);
  return root === undefined ? lines : lines.map((line) => ({ ...line, text: withoutRoot(line.text, root) }));
}

function toldLines(explanation: Explanation): readonly ToldLine[] {
  const { report, log } = explanation;
  if (report.root === undefined) {
    return [{ text: `No failure found in ${log} (${grouped(report.lines)} lines).`, tone: "plain" }];
  }
  const ordered = inOrderOfInterest(report);
  const causes = ordered.filter((failure) => failure.root || failure.rank === "cause");
  const told = causes.slice(0, SHOWN_CAUSES).flatMap((failure) => failureLines(failure, explanation));
  const left = causes.length - Math.min(causes.length, SHOWN_CAUSES) + report.omitted;
  const consequences = ordered.length - causes.length;
  const rest = [
    left > 0 ? `${grouped(left)} more ${left === 1 ? "failure" : "failures"}` : "",
    consequences > 0 ? `${consequences} ${consequences === 1 ? "consequence" : "consequences"} of these` : "",
  ].filter((text) => text !== "");
  return rest.length === 0 ? told : [...told, { text: `and ${rest.join(", ")} (--json tells all)`, tone: "quiet" }];
}

function failureLines(failure: BuildFailure, { log, report, excerpts, stories, notes, link }: Explanation): ToldLine[] {
  const head = [
    `✗ ${CATEGORY_WORDS[failure.category]}`,
    placeText(failure),
    failure.test === undefined ? "" : `"${failure.test}"`,
    failure.root ? "root cause" : "",
  ];
  const lines: ToldLine[] = [
    { text: head.filter((part) => part !== "").join("  "), tone: failure.root ? "root" : "failure" },
  ];
  const where = link?.(failure.logLines[0]) ?? `${log}:${rangeText(failure.logLines)} of ${grouped(report.lines)}`;
  const repeated = failure.count > 1 ? `, ${failure.count} times` : "";
  lines.push({ text: `    ${oneLine(failure.message)}`, tone: "plain" });
  lines.push({ text: `    ${where} (${failure.tool}${repeated})`, tone: "quiet" });
  if (failure.captures.suggestion !== undefined)
    lines.push({ text: `    did you mean ${failure.captures.suggestion}?`, tone: "plain" });
  for (const note of notes?.get(failure.occurrence) ?? []) lines.push({ text: `    ${note}`, tone: "plain" });
  const excerpt = failure.root ? excerpts?.get(failure.occurrence) : undefined;
  if (excerpt !== undefined) {
    const width = String(excerpt.firstLine + excerpt.lines.length).length;
    for (const { no, text } of excerptLines(excerpt)) {
      const margin = no === undefined ? `${" ".repeat(width)} ⋮` : `${String(no).padStart(width)} │`;
      lines.push({ text: `      ${margin} ${text}`, tone: "quiet" });
    }
  }
  const story = stories?.get(failure.pattern);
  if (story !== undefined) lines.push({ text: `  ${storyText(story)}`, tone: "quiet" });
  return lines;
}

/** The beginning of the failure's lines; frames of libraries and of the language, one after another, are one line. */
function excerptLines({ firstLine, lines, left }: Excerpt): { readonly no?: number; readonly text: string }[] {
  const shown: { no?: number; text: string }[] = [];
  let at = 0;
  for (; at < lines.length && shown.length < SHOWN_EXCERPT; at++) {
    let end = at;
    while (end < lines.length && isForeignFrame(lines[end]!)) end++;
    if (end - at > 2) {
      shown.push({ text: `${end - at} lines of the stack, not the product's` });
      at = end - 1;
    } else shown.push({ no: firstLine + at, text: lines[at]! });
  }
  const more = left + lines.length - at;
  return more > 0 ? [...shown, { text: `${more} more ${more === 1 ? "line" : "lines"}` }] : shown;
}

function isForeignFrame(text: string): boolean {
  return (
    /^\s*(?:at |File "|\d+: |[❯›] |\/)/.test(text) &&
    /node_modules\/|\bnode:|<anonymous>\)?$|\/rustc\/|site-packages\/|dist-packages\/|<frozen |\bat (?:java|javax|jdk|sun|org\.junit|junit|org\.apache\.maven|kotlin|scala)\.|java\.base\/|\/usr\/local\/go\/|\b(?:core|std|test|__rustc)::/.test(
      text,
    )
  );
}

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length > 200 ? `${flat.slice(0, 199)}…` : flat;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
