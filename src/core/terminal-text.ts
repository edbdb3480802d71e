/**
 * Text of logs, repositories, models and people as it may be printed. A terminal obeys control characters: they could
 * move the cursor, set the title, answer as if somebody typed, or hide what is written. Colours stay; all else is shown
 * by its code. Marks that turn the direction of writing are shown too: they make a line read otherwise than it is.
 */
export function terminalText(text: string): string {
  if (!UNSAFE.test(text)) return text;
  const kept = text.replace(PARTS, (part, colour: string | undefined) => {
    // Concealed text is how Jenkins' console notes are written.
    if (colour !== undefined) return /(?:^|;)0*8(?:;|$)/.test(colour) ? "" : part;
    return `<${part.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
  return kept.includes("\u001b[") ? `${kept}\u001b[0m` : kept;
}

const CONTROLS =
  "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\u2028\\u2029";
const UNSAFE = new RegExp(`[${CONTROLS}]`);
const PARTS = new RegExp(`\\u001b\\[([\\d;]*)m|[${CONTROLS}]`, "g");

/**
 * A line that no CI system takes for a command of its own: GitHub Actions reads `::set-output …` at the beginning of a
 * line and `##[…]` anywhere, Azure Pipelines `##vso[…]`.
 */
export function withoutCiCommands(line: string): string {
  return line.replace(/^(\s*):(?=:)/gm, "$1: ").replace(/##(?=(?:vso)?\[)/g, "# #");
}

/** JSON in which every character that a terminal would obey is an escape; the same value. */
export function terminalJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
