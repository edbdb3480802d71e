import type { Forge } from "./forge.ts";
import { type Group, itemLines, type Layout } from "./notes.ts";

/** One release as the changelog tells it. */
export interface ChangelogEntry {
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly tag: string;
  readonly previousTag: string | undefined;
  readonly groups: readonly Group[];
  readonly forge: Forge | undefined;
}

/** How version headings look in a file. */
interface Style {
  readonly level: number;
  readonly brackets: boolean;
  readonly v: string;
  readonly parenthesesDate: boolean;
  /** What begins a list item: another mark would begin another list. */
  readonly bullet: string;
}

const KEEP_STYLE: Style = { level: 2, brackets: true, v: "", parenthesesDate: false, bullet: "-" };

export const NEW_CHANGELOG = `# Changelog

All notable changes to this project are documented in this file.
The format is based on [Keep a Changelog](https://keepachangelog.com/en/1.1.0/).
`;

/**
 * Adds a release to a changelog. Only lines are added, none is changed or moved: what people wrote under "Unreleased"
 * becomes the release's by the new heading above it, and generated items join the groups they made there. A file that
 * has the version already comes back as it is. Line ends, heading style and order (newest first or last) are the file's.
 */
export function insertRelease(text: string, entry: ChangelogEntry): string {
  if (text.trim() === "") return insertRelease(NEW_CHANGELOG, entry);
  // A line keeps its carriage return in `ended`: files edited on two systems have both kinds. Added lines take the commoner.
  const ended = text.split("\n");
  const lines = ended.map((line) => line.replace(/\r$/, ""));
  const eol = ended.filter((line) => line.endsWith("\r")).length * 2 > ended.length - 1 ? "\r" : "";
  const headings = headingsOf(lines);
  if (headings.some((heading) => heading.version === entry.version)) return text;
  const versions = headings.filter((heading) => heading.version !== undefined);
  const unreleased = headings.find((heading) => heading.unreleased);
  const definitions = definitionsOf(lines);
  const style = styleOf(lines, versions[0], unreleased);
  const hasDefinitions = versions.some(({ version }) => definitions.has(version as string));
  const additions: Addition[] = [];
  if (unreleased) {
    additions.push(...intoUnreleased(lines, headings, unreleased, entry, style, hasDefinitions));
  } else {
    const at = newPlace(lines, versions);
    const block = [
      headingLine(entry, style, hasDefinitions),
      "",
      ...groupLines(entry.groups, style.level + 1, style.bullet),
    ];
    additions.push({ at, lines: block });
  }
  if (hasDefinitions && entry.forge && entry.previousTag) {
    const first = Math.min(...versions.map(({ version }) => definitions.get(version as string) ?? lines.length));
    const definition = `[${style.v}${entry.version}]: ${entry.forge.compare(entry.previousTag, entry.tag)}`;
    additions.push({ at: first, lines: [definition], tight: true });
  }
  return apply(ended, additions, eol).join("\n");
}

/** The layout a changelog already has; Keep a Changelog's for a new one. */
export function layoutOf(text: string): Layout {
  return /^#{2,4} (?:Features|Bug Fixes|⚠ BREAKING CHANGES|Performance Improvements)\s*$/m.test(text)
    ? "conventional"
    : "keep-a-changelog";
}

/** Lines to add before the line at `at`. */
interface Addition {
  readonly at: number;
  readonly lines: readonly string[];
  /** No blank line is put around it. */
  readonly tight?: boolean;
}

/**
 * Puts additions in, with one blank line on either side of each that is not tight; added lines end with `eol` before the
 * line break. Existing lines stay as they are.
 */
function apply(lines: readonly string[], additions: readonly Addition[], eol: string): string[] {
  const out: string[] = [];
  const byPlace = Map.groupBy(additions, ({ at }) => at);
  const add = (added: readonly string[]) => out.push(...added.map((line) => line + eol));
  for (let at = 0; at <= lines.length; at++) {
    for (const addition of byPlace.get(at) ?? []) {
      // The last line of a file may lack its line break: it gets one before anything follows it.
      if (at === lines.length && eol !== "" && out.at(-1)?.endsWith(eol) === false) out.push(out.pop() + eol);
      if (addition.tight) {
        add(addition.lines);
        continue;
      }
      if (out.length > 0 && out.at(-1)?.trim() !== "") add([""]);
      add(trimEnd(addition.lines));
      const next = lines[at] ?? "";
      if (next.trim() !== "") add([""]);
    }
    if (at < lines.length) out.push(lines[at] as string);
  }
  // Only what was added ends the file with a line break; a person's last line stays as it was.
  return byPlace.has(lines.length) ? [...out, ""] : out;
}

function trimEnd(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line !== "");
  return lines.slice(0, last + 1);
}

interface Heading {
  readonly line: number;
  readonly level: number;
  readonly text: string;
  /** Lines it takes: 2 when it is underlined. */
  readonly height: number;
  readonly version: string | undefined;
  readonly unreleased: boolean;
}

const VERSION_HEADING =
  /^(?:(?:version|release|[@\w./-]+)\s+)?\[?v?(\d+\.\d+(?:\.\d+)?(?:[-.+]?[0-9A-Za-z][0-9A-Za-z.+-]*)?)\]?(?:\([^)]*\))?(?:\s*(?:[-–—:/,(].*)?)?$/i;

/** Headings outside of code fences and HTML comments. */
function headingsOf(lines: readonly string[]): Heading[] {
  const headings: Heading[] = [];
  let hiddenUntil = -1;
  for (const [at, line] of lines.entries()) {
    if (at <= hiddenUntil) continue;
    const end = endOfHidden(lines, at);
    if (end !== undefined) {
      hiddenUntil = end;
      continue;
    }
    const atx = /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/.exec(line);
    const under = line.trim() === "" || atx ? null : /^ {0,3}(={2,}|-{2,})[ \t]*$/.exec(lines[at + 1] ?? "");
    if (!atx && !under) continue;
    const text = atx ? (atx[2] as string) : line.trim();
    const level = atx ? (atx[1] as string).length : under?.[1]?.startsWith("=") ? 1 : 2;
    headings.push({
      line: at,
      level,
      text,
      height: atx ? 1 : 2,
      version: level <= 3 ? VERSION_HEADING.exec(text)?.[1] : undefined,
      unreleased: level <= 3 && /^\[?unreleased\]?(?:\([^)]*\))?(?:\s*[-–—:].*)?$/i.test(text),
    });
  }
  return headings;
}

/**
 * The last line of a code fence or HTML comment that begins on a line; undefined when none does, or when it is never
 * closed: the rest of the file is not to be lost for a forgotten fence.
 */
function endOfHidden(lines: readonly string[], at: number): number | undefined {
  const line = lines[at] as string;
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
  const closes = mark
    ? (other: string) => other.trim().startsWith(mark) && /^ {0,3}(`+|~+)[ \t]*$/.test(other)
    : /^ {0,3}<!--/.test(line) && !line.includes("-->")
      ? (other: string) => other.includes("-->")
      : undefined;
  if (!closes) return undefined;
  const end = lines.findIndex((other, place) => place > at && closes(other));
  return end < 0 ? undefined : end;
}

/** Link definitions of versions (`[1.4.2]: …`) and the line each stands on. */
function definitionsOf(lines: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    const match = /^ {0,3}\[v?([^\]]+)\]:[ \t]*\S/.exec(line);
    if (match && !found.has(match[1] as string)) found.set(match[1] as string, at);
  }
  return found;
}

function styleOf(lines: readonly string[], version: Heading | undefined, unreleased: Heading | undefined): Style {
  const model = version ?? unreleased;
  if (!model) return KEEP_STYLE;
  const first = Math.min(version?.line ?? lines.length, unreleased?.line ?? lines.length);
  const bullet = bulletIn(lines, first, lines.length) ?? KEEP_STYLE.bullet;
  const level = /^ {0,3}#/.test(lines[model.line] as string) ? model.level : 2;
  if (!version) return { ...KEEP_STYLE, level, bullet, brackets: model.text.startsWith("[") };
  return {
    level,
    brackets: version.text.includes("["),
    v: /^\[?v\d/.test(version.text) ? "v" : "",
    parenthesesDate: /\(\d{4}-\d\d-\d\d\)\s*$/.test(version.text),
    bullet,
  };
}

/** The mark of the first list item in some lines. */
function bulletIn(lines: readonly string[], from: number, to: number): string | undefined {
  for (const line of lines.slice(from, to)) {
    const mark = /^ {0,3}([-*+])[ \t]+\S/.exec(line)?.[1];
    if (mark !== undefined) return mark;
  }
  return undefined;
}

function headingLine(entry: ChangelogEntry, style: Style, hasDefinitions: boolean): string {
  const name = `${style.v}${entry.version}`;
  const url = entry.forge && entry.previousTag ? entry.forge.compare(entry.previousTag, entry.tag) : undefined;
  const title = !style.brackets ? name : url && !hasDefinitions ? `[${name}](${url})` : `[${name}]`;
  return `${"#".repeat(style.level)} ${title}${style.parenthesesDate ? ` (${entry.date})` : ` - ${entry.date}`}`;
}

function groupLines(groups: readonly Group[], level: number, bullet: string): string[] {
  if (groups.length === 0) return ["Maintenance release without changes that users notice.", ""];
  return groups.flatMap((group) => [`${"#".repeat(level)} ${group.title}`, "", ...itemLines(group, bullet), ""]);
}

/** Where a release goes in a file without an Unreleased part: before the newest version, wherever the file keeps it. */
function newPlace(lines: readonly string[], versions: readonly Heading[]): number {
  const first = versions[0];
  const last = versions.at(-1);
  const ascending =
    first && last && first !== last && compareLoosely(first.version as string, last.version as string) < 0;
  if (first && !ascending) return first.line;
  return endOf(lines, lines.length);
}

/** The line after the last one of a part that is neither blank nor a link definition. */
function endOf(lines: readonly string[], end: number, from = 0): number {
  let at = end;
  while (at > from && /^\s*(?:\[[^\]]+\]:\s*\S.*)?$/.test(lines[at - 1] as string)) at--;
  return at;
}

function compareLoosely(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/**
 * What people wrote under "Unreleased" belongs to this release: the new heading goes right under the Unreleased one,
 * and each generated group's items after the items of the same group there, or as a new group at the end.
 */
function intoUnreleased(
  lines: readonly string[],
  headings: readonly Heading[],
  unreleased: Heading,
  entry: ChangelogEntry,
  style: Style,
  hasDefinitions: boolean,
): Addition[] {
  const start = unreleased.line + unreleased.height;
  const after = headings.filter((heading) => heading.line > unreleased.line);
  const next = after.find((heading) => heading.level <= unreleased.level || heading.version !== undefined);
  const end = endOf(lines, next?.line ?? lines.length, start);
  const heading = headingLine(entry, { ...style, level: unreleased.level }, hasDefinitions);
  const groups = after.filter((group) => group.line < end && group.level === unreleased.level + 1);
  const empty = lines.slice(start, end).every((line) => line.trim() === "");
  if (empty) {
    const block = [heading, "", ...groupLines(entry.groups, unreleased.level + 1, style.bullet)];
    return [{ at: start, lines: block }];
  }
  const additions: Addition[] = [{ at: start, lines: [heading] }];
  const rest: Group[] = [];
  for (const group of entry.groups) {
    const own = groups.find((other) => other.text.trim().toLowerCase() === group.title.toLowerCase());
    if (!own) {
      rest.push(group);
      continue;
    }
    const following = after.find((other) => other.line > own.line && other.level <= own.level);
    const from = own.line + own.height;
    const at = endOf(lines, Math.min(following?.line ?? end, end), from);
    const items = itemLines(group, bulletIn(lines, from, at) ?? style.bullet);
    additions.push({ at, lines: at > from ? items : ["", ...items], tight: true });
  }
  if (rest.length > 0) additions.push({ at: end, lines: groupLines(rest, unreleased.level + 1, style.bullet) });
  return additions;
}
