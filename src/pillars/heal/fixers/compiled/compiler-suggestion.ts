import { editLine, type Fixer, placeOf, proposals, rewrite } from "../fixer.ts";

/**
 * rustc shows what it would write: after `help:` come the line numbers with the new lines, `+` for added lines, and
 * marks below. The new text of a line stands there whole, so it is taken over as it is.
 */
export const rustcSuggestion: Fixer = {
  name: "rustc-suggestion",
  summary: "what rustc itself suggests: a missing `use`, `mut`, `&`, a conversion, a similar name",
  trust: 0.9,
  async propose(input) {
    const place = await placeOf(input);
    if (!place?.file.endsWith(".rs")) return [];
    const own = sectionOf(input.excerpt, input.failure.message);
    const found = [];
    for (const help of own.split(/^help: /m).slice(1)) {
      const title = help.split("\n")[0] ?? "";
      const added = [...help.matchAll(/^\s*(\d+) \+ (.*)$/gm)];
      const removed = [...help.matchAll(/^\s*(\d+) - (.*)$/gm)];
      const whole = [...help.matchAll(/^\s*(\d+) (?:\||~) (.*)\n\s*\|\s*[+~]+/gm)];
      const change = await rewrite(input.tree, place.file, (text) => {
        const lines = text.split("\n");
        for (const [, line = "", written = ""] of whole) lines[Number(line) - 1] = written;
        if (removed.length === added.length) {
          added.forEach(([, line = "", written = ""], index) => {
            if (lines[Number(line) - 1] === removed[index]?.[2]) lines[Number(line) - 1] = written;
          });
        } else if (removed.length === 0) {
          for (const [, line = "", written = ""] of [...added].reverse()) lines.splice(Number(line) - 1, 0, written);
        }
        return lines.join("\n");
      });
      found.push(...proposals(`do what rustc suggests: ${title}`, [change]));
    }
    return found;
  },
};

/** The lines of one error: from its message to the next error. */
function sectionOf(excerpt: string, message: string): string {
  const start = Math.max(0, excerpt.indexOf(message.slice(0, 60)));
  const rest = excerpt.slice(start);
  const end = rest.slice(1).search(/^(?:error|warning)(?:\[|:)/m);
  return end < 0 ? rest : rest.slice(0, end + 1);
}

/** gcc and clang write their fix-it under the marked place, and whole new lines as `+++ |+#include <stdio.h>`. */
export const gccFixit: Fixer = {
  name: "gcc-fixit",
  summary: "what gcc and clang themselves suggest: a missing #include, a similar name, a missing sign",
  trust: 0.9,
  async propose(input) {
    const place = await placeOf(input);
    if (!place || !/\.(?:c|cc|cpp|cxx|h|hpp)$/.test(place.file)) return [];
    const include = /^\s*\+\+\+ \|\+(#include [<"][\w./]+[>"])$/m.exec(input.excerpt)?.[1];
    const inserted =
      include === undefined
        ? undefined
        : await rewrite(input.tree, place.file, (text) => (text.includes(include) ? undefined : `${include}\n${text}`));
    const shown = new RegExp(
      `^\\s*${place.line} \\| (.*)\\n\\s*\\| ([ \\t]*)([\\^~]+)\\s*\\n\\s*\\| ([ \\t]*)(\\S[^\\n]*)$`,
      "m",
    ).exec(input.excerpt);
    const replaced = shown
      ? await rewrite(
          input.tree,
          place.file,
          editLine(place.line, (line) => {
            const [, own = "", before = "", marks = "", gap = "", text = ""] = shown;
            if (line !== own || gap.length !== before.length) return undefined;
            const old = line.slice(before.length, before.length + marks.length);
            // A mark under a word is replaced by the word below it; under nothing, the sign is put in.
            return /^\w+$/.test(old)
              ? line.slice(0, before.length) + text.trim() + line.slice(before.length + marks.length)
              : line.slice(0, before.length) + text.trim() + line.slice(before.length);
          }),
        )
      : undefined;
    return [
      ...proposals(`${include} as the compiler suggests`, [inserted]),
      ...proposals("write what the compiler suggests", [replaced]),
    ];
  },
};
