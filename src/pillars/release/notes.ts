import type { Rules } from "../../pipeline/release-rules.ts";
import type { ReleaseChange } from "./changes.ts";
import type { Forge } from "./forge.ts";
import { markdownBlock, markdownLine, plainLine } from "./markdown.ts";

export const LAYOUTS = ["keep-a-changelog", "conventional"] as const;
/** Keep a Changelog's groups (Added, Changed …), or those of the conventional-changelog family (Features, Bug Fixes …). */
export type Layout = (typeof LAYOUTS)[number];

/** A heading and its list items; an item is one or more lines of Markdown without the leading `- `. */
export interface Group {
  readonly title: string;
  readonly items: readonly (readonly string[])[];
}

const KEEP_ORDER = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
const KEEP: Readonly<Record<string, string>> = {
  feat: "Added",
  feature: "Added",
  add: "Added",
  fix: "Fixed",
  bugfix: "Fixed",
  hotfix: "Fixed",
  deprecate: "Deprecated",
  remove: "Removed",
  security: "Security",
  sec: "Security",
};
const BREAKING_TITLE = "⚠ BREAKING CHANGES";
const CONVENTIONAL_ORDER = [
  BREAKING_TITLE,
  "Features",
  "Bug Fixes",
  "Performance Improvements",
  "Reverts",
  "Other Changes",
];
const CONVENTIONAL: Readonly<Record<string, string>> = {
  feat: "Features",
  feature: "Features",
  fix: "Bug Fixes",
  bugfix: "Bug Fixes",
  perf: "Performance Improvements",
  revert: "Reverts",
};

/**
 * Sorts the changes that users notice into the layout's groups; a type with a section of its own goes there, after the
 * layout's unless it is one of them. What releases nothing, breaks nothing and has no section is left out.
 */
export function groupsOf(
  changes: readonly ReleaseChange[],
  layout: Layout,
  forge: Forge | undefined,
  sections: Rules["sections"] = {},
): Group[] {
  const groups = new Map<string, string[][]>();
  const add = (title: string, item: string[]) => {
    const items = groups.get(title);
    if (items) items.push(item);
    else groups.set(title, [item]);
  };
  const link = forge ? (number: string) => `[#${number}](${forge.issue(number)})` : undefined;
  for (const change of changes) {
    const own = Object.hasOwn(sections, change.type) ? sections[change.type] : undefined;
    if (change.level === "none" && own === undefined) continue;
    const line = itemLine(change, forge, link);
    const notes = breakingLines(change, link);
    if (layout === "keep-a-changelog") {
      add(
        own ?? titleIn(KEEP, change.type) ?? "Changed",
        change.breaking ? [`**Breaking:** ${line}`, ...notes] : [line],
      );
    } else {
      // The conventional layout names a breaking change twice: what to do about it first, then the change itself.
      if (change.breaking) add(BREAKING_TITLE, breakingItem(change, notes, line));
      add(own ?? titleIn(CONVENTIONAL, change.type) ?? "Other Changes", [line]);
    }
  }
  const order = new Set([
    ...(layout === "keep-a-changelog" ? KEEP_ORDER : CONVENTIONAL_ORDER),
    ...Object.values(sections),
  ]);
  return [...order].flatMap((title) => {
    const items = groups.get(title);
    return items ? [{ title, items }] : [];
  });
}

/** The type is whatever somebody wrote before a colon: `constructor`, say. */
function titleIn(titles: Readonly<Record<string, string>>, type: string): string | undefined {
  return Object.hasOwn(titles, type) ? titles[type] : undefined;
}

function breakingItem(change: ReleaseChange, notes: string[], line: string): string[] {
  if (notes.length === 0) return [line];
  const scope = change.scope ? `**${markdownLine(change.scope)}:** ` : "";
  return [`${scope}${notes[0]}`, ...notes.slice(1)];
}

function itemLine(
  change: ReleaseChange,
  forge: Forge | undefined,
  link: ((number: string) => string) | undefined,
): string {
  const scope = change.scope ? `**${markdownLine(change.scope)}:** ` : "";
  const text = change.type === "revert" ? `Revert “${change.description}”` : change.description;
  const short = change.commit.id.slice(0, 7);
  const commit = forge ? `[${short}](${forge.commit(change.commit.id)})` : short;
  return `${scope}${markdownLine(text, link)} (${commit})`;
}

function breakingLines(change: ReleaseChange, link: ((number: string) => string) | undefined): string[] {
  return change.breakingNotes.flatMap((note) => trimBlank(markdownBlock(note, link)));
}

function trimBlank(lines: string[]): string[] {
  const first = lines.findIndex((line) => line !== "");
  const last = lines.findLastIndex((line) => line !== "");
  return first < 0 ? [] : lines.slice(first, last + 1);
}

/** A group's list as lines; the later lines of an item are indented so that they stay in it. */
export function itemLines(group: Group, bullet = "-"): string[] {
  return group.items.flatMap(([first = "", ...rest]) => [
    `${bullet} ${first}`,
    ...rest.map((line) => (line === "" ? "" : `  ${line}`)),
  ]);
}

/** Adds lines on new versions of what the package depends on, to a section of that name where there is one. */
export function addDependencies(groups: Group[], lines: readonly string[]): void {
  if (lines.length === 0) return;
  const at = groups.findIndex(({ title }) => title === "Dependencies");
  const items = [...(groups[at]?.items ?? []), ...lines.map((line) => [line])];
  groups.splice(at < 0 ? groups.length : at, 1, { title: "Dependencies", items });
}

export interface NotesInput {
  readonly product: string;
  readonly version: string;
  readonly tag: string;
  readonly previousTag: string | undefined;
  readonly changes: readonly ReleaseChange[];
  readonly forge: Forge | undefined;
  readonly sections?: Rules["sections"];
  /** Lines on what the release follows: new versions of packages it depends on. */
  readonly dependencies?: readonly string[];
}

/** Release notes in Markdown: groups, who contributed, where to see all of it. Ends with a line break. */
export function releaseNotes(input: NotesInput): string {
  const groups = groupsOf(input.changes, "conventional", input.forge, input.sections);
  addDependencies(groups, input.dependencies ?? []);
  const lines = [`# ${input.product} ${input.version}`, ""];
  for (const group of groups) lines.push(`## ${group.title}`, "", ...itemLines(group), "");
  if (groups.length === 0) lines.push("Maintenance release without changes that users notice.", "");
  const people = [
    ...new Set(input.changes.filter((c) => c.level !== "none").map((c) => plainLine(c.commit.author.name, 80))),
  ];
  if (people.length > 1)
    lines.push(
      `By ${people
        .sort()
        .map((name) => markdownLine(name))
        .join(", ")}.`,
      "",
    );
  if (input.forge && input.previousTag) {
    lines.push(`All changes: ${input.forge.compare(input.previousTag, input.tag)}`, "");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}
