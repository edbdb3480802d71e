import type { SourcePlace } from "../core/diagnostic.ts";
import { FACTS } from "../core/facts.ts";
import { showTime } from "./calendar.ts";
import type { Truth } from "./condition.ts";
import type { ExplainedFact, ExplainedPart, ExplainedRule, Explanation } from "./explain.ts";
import type { Rule } from "./rules.ts";

/** At most so many of the rules that could have allowed it are shown. */
const NEAREST = 3;

/** An explanation as lines for a person; the caller prints them. */
export function explanationLines(explanation: Explanation): string[] {
  const { answer, decided, candidates } = explanation;
  const first = decided[0];
  const lines: string[] = [];
  if (first) {
    const verb = { allow: "allowed", deny: "denied", ask: "people are asked" }[answer.answer];
    lines.push(`${verb} by ${named(first.rule, explanation)}: ${answer.reason}`);
    lines.push(...partLines(first.parts, explanation));
    if (first.parts.length === 0) lines.push("  it has no condition: it always matches");
    const also = `also ${answer.answer === "deny" ? "denied" : "asked"}`;
    const others = decided.slice(1);
    for (const other of others.filter(({ matches }) => matches === true)) {
      lines.push(`${also} by ${named(other.rule, explanation)}`, ...partLines(other.parts, explanation));
    }
    // Rules that count only because nothing is known yet would bury the others.
    const unsure = others.filter(({ matches }) => matches === undefined).map(({ rule }) => rule.id);
    if (unsure.length > 0) lines.push(`${also}, as long as nobody knows what they ask, by ${unsure.join(", ")}`);
    const [nearest] = candidates;
    if (nearest) lines.push("if nothing of that stands against it:", ...candidateLines(nearest, explanation));
  } else {
    lines.push(`denied: ${answer.reason}`);
    for (const candidate of candidates.slice(0, NEAREST)) {
      lines.push(...candidateLines(candidate, explanation));
    }
    if (candidates.length === 0) {
      lines.push("  no rule names this action under allow or ask; one that does would have to be added");
    }
    const more = candidates.length - NEAREST;
    if (more > 0) lines.push(`  and ${more} more ${more === 1 ? "rule" : "rules"}`);
  }
  lines.push(...changeLines(explanation, first));
  return lines;
}

function candidateLines({ rule, parts }: ExplainedRule, explanation: Explanation): string[] {
  const verb = rule.effect === "ask" ? "would ask people" : "would allow it";
  return [`${named(rule, explanation)} ${verb}${parts.length > 0 ? ", with" : ""}`, ...partLines(parts, explanation)];
}

/** What the facts mean that a reader sees as unknown: their names alone tell it only to who wrote the rules. */
function unknownLines(rules: readonly ExplainedRule[], heading: string): string[] {
  const facts = rules.flatMap(({ parts }) => parts.flatMap((part) => part.facts));
  const names = [...new Set(facts.filter(({ value }) => value === undefined).map(({ name }) => name))];
  const width = Math.max(...names.map((name) => name.length));
  return names.length === 0 ? [] : [heading, ...names.map((name) => `  ${name.padEnd(width)}   ${FACTS[name][1]}`)];
}

function changeLines(explanation: Explanation, first: ExplainedRule | undefined): string[] {
  const { answer, next, changes, decided, candidates } = explanation;
  const lines: string[] = [];
  if (next) {
    const when = showTime(next.at, explanation.timeZone);
    if (next.answer === "allow" && next.rule) {
      lines.push(
        `${answer.answer === "deny" && first ? "allowed again" : "allowed"} from ${when} (by ${next.rule.id})`,
      );
    } else if (next.answer === "deny" && next.nearest && answer.answer === "deny" && first) {
      const needs = next.nearest.needs.length > 0 ? `, if ${next.nearest.needs.join(" and ")}` : "";
      const verb = next.nearest.rule.effect === "ask" ? "people can be asked" : "allowed again";
      lines.push(`${verb} from ${when} (by ${next.nearest.rule.id}${needs})`);
    } else {
      const verb = { allow: "allowed", deny: "denied", ask: "people are asked" }[next.answer];
      lines.push(`${verb} from ${when}${next.rule ? ` (by ${next.rule.id})` : ""}`);
    }
  }
  if (answer.answer === "deny" && first) {
    for (const { rule, parts, instead } of changes.filter((_, index) => decided[index]?.matches === true)) {
      if (parts.length === 0) lines.push(`${rule.id} always denies it`);
      else if (instead !== undefined) lines.push(`not denied by ${rule.id} once ${instead}`);
      else {
        const when = parts.length === 1 ? "this is" : "one of these is";
        lines.push(`not denied by ${rule.id} once ${when} false: ${parts.join("; ")}`);
      }
    }
    const unsure = decided.filter(({ matches }) => matches === undefined);
    lines.push(...unknownLines(unsure, "what nobody knows counts against it:"));
  } else if (answer.answer === "deny") {
    const nearest = changes[0];
    if (nearest && nearest.parts.length > 0) {
      const verb = nearest.rule.effect === "ask" ? "people would be asked" : "allowed";
      lines.push(`${verb} by ${nearest.rule.id} once ${nearest.parts.join(" and ")}`);
    }
    lines.push(...unknownLines(candidates.slice(0, 1), "what nobody knows yet:"));
  } else if (answer.answer === "ask" && first?.rule.of) {
    const { group, count } = first.rule.of;
    lines.push(`allowed once ${count} of ${group}, other than who asks, ${count === 1 ? "agrees" : "agree"}`);
  }
  return lines;
}

function named(rule: Rule, explanation: Explanation): string {
  return `${rule.id} (${shownPlace(rule.place)}${explanation.commit ? ` at ${explanation.commit.slice(0, 7)}` : ""})`;
}

function shownPlace(place: SourcePlace): string {
  return place.line === undefined ? place.file : `${place.file}:${place.line}`;
}

function partLines(parts: readonly ExplainedPart[], explanation: Explanation, indent = "  "): string[] {
  const width = Math.min(60, Math.max(0, ...parts.map(({ text }) => text.length)));
  return parts.flatMap((part) => {
    const origin = part.inner.length > 0 ? "" : originOf(part, explanation);
    const line = `${indent}${part.text.padEnd(width)}   ${truthWord(part.value).padEnd(7)}${origin ? ` ${origin}` : ""}`;
    return [line.trimEnd(), ...partLines(part.inner, explanation, `${indent}  `)];
  });
}

function truthWord(value: Truth): string {
  return value === undefined ? "unknown" : String(value);
}

/** Where the facts of a part came from, in parentheses. */
function originOf(part: ExplainedPart, explanation: Explanation): string {
  const words = part.error === undefined ? [] : [part.error];
  const clock = part.facts.some(({ name }) => name.startsWith("now."));
  if (clock) words.push(`${showTime(explanation.now, explanation.timeZone)}, ${explanation.timeZone}`);
  words.push(...part.facts.filter(({ name }) => !name.startsWith("now.")).map(factWords));
  return words.length > 0 ? `(${words.join("; ")})` : "";
}

function factWords(fact: ExplainedFact): string {
  if (fact.value === undefined) return `nobody established ${fact.name}`;
  const from = fact.source?.place
    ? `: ${shownPlace(fact.source.place)}`
    : fact.source
      ? fact.source.probe === "supposed"
        ? ", as is supposed here"
        : `, seen by ${fact.source.probe}`
      : "";
  return `${fact.name} is ${shownValue(fact.value)}${from}`;
}

function shownValue(value: NonNullable<ExplainedFact["value"]>): string {
  if (typeof value !== "object") return String(value);
  const shown = value.slice(0, 5).join(", ");
  return value.length === 0 ? "an empty list" : `${shown}${value.length > 5 ? ` and ${value.length - 5} more` : ""}`;
}
