/**
 * Groovy source out of values that others wrote. Everything that a spec says reaches a Jenkinsfile through these two
 * functions, so that no value can end its string or comment and become code.
 */

/**
 * Characters that must not stand in the file as they are: controls, line separators, and the marks that turn the
 * direction of text and so make source read as something else ("Trojan Source").
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069\uFEFF\p{Cs}]/gu;

/** A single-quoted Groovy string: no interpolation, `\` and `'` escaped, unsafe characters as `\uXXXX`. */
export function groovyString(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replace(UNSAFE, unicodeEscape);
  return `'${escaped}'`;
}

/**
 * Text of a `//` comment, on one line. Groovy reads `\uXXXX` before it looks for comments, so a backslash could end the
 * line from within; it is doubled, which Groovy reads as a plain one.
 */
export function groovyComment(text: string, limit = 100): string {
  const line = text.replaceAll(/\s+/g, " ").replace(UNSAFE, "").trim();
  const short = line.length > limit ? `${line.slice(0, limit - 1).trimEnd()}…` : line;
  return short.toWellFormed().replaceAll("\\", "\\\\");
}

function unicodeEscape(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
    .join("");
}
