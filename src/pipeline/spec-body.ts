import { type Diagnostic, problem, type SourcePlace } from "../core/diagnostic.ts";
import { didYouMean } from "../core/suggest.ts";

/** What a product must do: one `## Requirement:` section. */
export interface Requirement {
  /** The title as a name: lower case, words joined by `-`. */
  readonly id: string;
  readonly title: string;
  /** The section's prose without its scenarios. */
  readonly text: string;
  readonly scenarios: readonly Scenario[];
  readonly line: number;
}

/** One example of a requirement. Steps joined by "and" or "but" belong to the list before them. */
export interface Scenario {
  readonly name: string | undefined;
  readonly given: readonly string[];
  readonly when: readonly string[];
  /** What is then true. (A property named `then` would make the object look like a promise.) */
  readonly outcome: readonly string[];
  readonly line: number;
}

export interface Body {
  readonly title: string | undefined;
  /** The prose between the title and the first section. */
  readonly purpose: string;
  readonly requirements: readonly Requirement[];
}

type StepWord = "given" | "when" | "then";

const HEADING = /^(#{1,6})[ \t](.*)$/;
const FENCE = /^\s*(```|~~~)/;
/** `**Given**`, `**given:**`: a word in bold counts wherever it stands. */
const BOLD = "\\*\\*(given|when|then|and|but):?\\*\\*:?";
/** The plain word at the beginning of a line or list item: below a scenario's heading only, since prose begins so too. */
const PLAIN = "(?:^|\\n)[ \\t]*(?:[-*+][ \\t]+|\\d{1,9}[.)][ \\t]+)?(given|when|then|and|but)\\b:?(?=\\s)";
const IN_TEXT = new RegExp(BOLD, "gi");
const IN_SCENARIO = new RegExp(`${BOLD}|${PLAIN}`, "gi");

/**
 * Reads the Markdown below the front matter. Sections other than requirements are the author's own and are left alone.
 *
 * @param firstLine line of the file on which `text` begins
 * @param place makes a place with an excerpt out of a line number of the file
 */
export function readBody(
  text: string,
  firstLine: number,
  place: (line: number) => SourcePlace,
): { readonly body: Body; readonly diagnostics: readonly Diagnostic[] } {
  const sections = splitSections(text.split(/\r?\n/), firstLine);
  const diagnostics: Diagnostic[] = [];
  const requirements = new Map<string, Requirement>();
  const title = sections.find((section) => section.level === 1);
  const purpose = title ?? sections.find((section) => section.level === 0);
  for (const [index, section] of sections.entries()) {
    if (section.level !== 2) continue;
    const [kind, rest] = splitOnce(section.heading, ":");
    if (rest === undefined) continue;
    if (kind.toLowerCase() !== "requirement") {
      if (didYouMean(kind, ["Requirement"])) {
        diagnostics.push(
          problem("config", "spec.unknown_section", `"## ${kind}:" is not read; did you mean "## Requirement:"?`, {
            severity: "warning",
            where: place(section.line),
          }),
        );
      }
      continue;
    }
    const requirement = readRequirement(rest, index, sections);
    if (requirement.title === "") {
      diagnostics.push(
        problem("config", "spec.requirement_without_title", "the requirement has no title", {
          where: place(section.line),
          next: "write `## Requirement: ` and what the product must do",
        }),
      );
      continue;
    }
    const twin = requirements.get(requirement.id);
    if (twin) {
      diagnostics.push(
        problem("config", "spec.duplicate_requirement", `this requirement is there already, on line ${twin.line}`, {
          where: place(section.line),
        }),
      );
    }
    for (const scenario of requirement.scenarios) {
      const missing = (["when", "then"] as const).filter((word) => scenario[listOf(word)].length === 0);
      if (missing.length === 0) continue;
      diagnostics.push(
        problem("config", "spec.incomplete_scenario", `the scenario has no ${missing.join(" and no ")}`, {
          where: place(scenario.line),
          next: "a scenario says **when** something happens and what is **then** true",
        }),
      );
    }
    if (requirement.scenarios.length === 0) {
      diagnostics.push(
        problem("config", "spec.no_scenario", `"${requirement.title}" has no scenario, so no test can be held to it`, {
          severity: "warning",
          where: place(section.line),
          next: "add a line such as: - **Given** …, **when** …, **then** ….",
        }),
      );
    }
    requirements.set(requirement.id, requirement);
  }
  return {
    body: {
      title: title?.heading,
      purpose: (purpose?.lines ?? []).join("\n").trim(),
      requirements: [...requirements.values()],
    },
    diagnostics,
  };
}

interface Section {
  /** 0 for what stands before the first heading. */
  readonly level: number;
  readonly heading: string;
  readonly line: number;
  readonly lines: string[];
}

/** Cuts at headings; a `#` in a fenced block is text. */
function splitSections(lines: readonly string[], firstLine: number): Section[] {
  const sections: Section[] = [{ level: 0, heading: "", line: firstLine, lines: [] }];
  let fence: string | undefined;
  lines.forEach((line, index) => {
    const mark = FENCE.exec(line)?.[1];
    if (mark && (fence === undefined || fence === mark)) fence = fence ? undefined : mark;
    const heading = fence ? null : HEADING.exec(line);
    if (heading?.[1]) {
      sections.push({
        level: heading[1].length,
        heading: headingText(heading[2] ?? ""),
        line: firstLine + index,
        lines: [],
      });
    } else {
      sections.at(-1)?.lines.push(line);
    }
  });
  return sections;
}

/** A heading may be closed by a run of `#`. */
function headingText(text: string): string {
  const trimmed = text.trim();
  let end = trimmed.length;
  while (trimmed[end - 1] === "#") end -= 1;
  return end === 0 || /\s/.test(trimmed[end - 1] as string) ? trimmed.slice(0, end).trim() : trimmed;
}

function readRequirement(title: string, from: number, all: readonly Section[]): Requirement {
  const scenarios: Scenario[] = [];
  const prose: string[] = [];
  for (let at = from; at < all.length; at += 1) {
    const part = all[at];
    if (!part || (at > from && part.level <= 2)) break;
    const [kind, name] = splitOnce(part.heading, ":");
    const named = at > from && kind.toLowerCase() === "scenario" ? name : undefined;
    const read = readScenarios(part.lines, part.line + 1, named);
    scenarios.push(...read.scenarios);
    prose.push(read.text);
  }
  return { id: idOf(title), title, text: prose.join("\n").trim(), scenarios, line: all[from]?.line ?? 1 };
}

function listOf(step: StepWord): "given" | "when" | "outcome" {
  return step === "then" ? "outcome" : step;
}

interface Draft {
  name: string | undefined;
  given: string[];
  when: string[];
  outcome: string[];
  line: number;
}

/** A `given` after a `then` (or a `when` after one without a given between) begins the next scenario. */
function readScenarios(
  lines: readonly string[],
  firstLine: number,
  name: string | undefined,
): { scenarios: Scenario[]; text: string } {
  const text = withoutFences(lines).join("\n");
  const marks = [...text.matchAll(name === undefined ? IN_TEXT : IN_SCENARIO)];
  const scenarios: Draft[] = [];
  const lineOf = lineCounter(text, firstLine);
  let current: Draft | undefined;
  let last: StepWord | undefined;
  marks.forEach((mark, index) => {
    const word = (mark[1] ?? mark[2] ?? "").toLowerCase();
    const step = word === "and" || word === "but" ? last : (word as StepWord);
    if (!step) return;
    if (!current || (last === "then" && step !== "then")) {
      const begins = mark.index + mark[0].length - mark[0].trimStart().length;
      current = { name, given: [], when: [], outcome: [], line: lineOf(begins) };
      scenarios.push(current);
    }
    const end = marks[index + 1]?.index ?? endOfBlock(text, mark.index + mark[0].length);
    current[listOf(step)].push(tidy(text.slice(mark.index + mark[0].length, end)));
    last = step;
  });
  const first = marks[0]?.index;
  return { scenarios, text: withoutBullet(text.slice(0, first)).trim() };
}

/** A scenario's last step ends with its paragraph. */
function endOfBlock(text: string, from: number): number {
  const blank = text.indexOf("\n\n", from);
  return blank < 0 ? text.length : blank;
}

function withoutFences(lines: readonly string[]): string[] {
  let inside = false;
  return lines.map((line) => {
    const edge = FENCE.test(line);
    if (edge) inside = !inside;
    return edge || inside ? "" : line;
  });
}

function tidy(step: string): string {
  const text = withoutBullet(step).replaceAll(/\s+/g, " ");
  let [from, to] = [0, text.length];
  while (from < to && " ,;:".includes(text[from] as string)) from += 1;
  while (to > from && " ,;.".includes(text[to - 1] as string)) to -= 1;
  return text.slice(from, to);
}

/** Text before a bold word has that word's bullet at its end. */
function withoutBullet(text: string): string {
  const at = text.lastIndexOf("\n") + 1;
  return /^[ \t]*([-*+]|\d{1,9}[.)])[ \t]*$/.test(text.slice(at)) ? text.slice(0, at) : text;
}

/** Line of a place in a text, for places that only go forward; so a long text is counted once. */
function lineCounter(text: string, firstLine: number): (index: number) => number {
  let line = firstLine;
  let counted = 0;
  return (index) => {
    for (let at = text.indexOf("\n", counted); at >= 0 && at < index; at = text.indexOf("\n", at + 1)) {
      line += 1;
      counted = at + 1;
    }
    return line;
  };
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text.trim(), undefined] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function idOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-+|-+$/g, "");
}
