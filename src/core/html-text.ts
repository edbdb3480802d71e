const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that can be nothing but text: no markup, and no mark that makes a line read otherwise than it is written. */
export function text(said: string): string {
  return said
    .replace(/[&<>"']/g, (char) => ENTITIES[char]!)
    .replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
      (char) => `<i class="code">U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}</i>`,
    );
}
