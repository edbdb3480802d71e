import type { EditTemplate, Piece } from "./template.ts";
import { tokenise } from "./tokens.ts";
import { isPublicMethod, isPublicWord } from "./vocabulary.ts";

/** What readers of logs call their captures. */
const CAPTURE_NAME = /^[a-z][a-z_]{0,30}$/;

/**
 * The form of a template that other companies may see: itself, where every word in it belongs to a language or its
 * standard library, so that it holds no literal of a product and no text of a log; else undefined. What this program
 * generalised is always so. An imported one need not be.
 */
export function sharedForm(template: EditTemplate): EditTemplate | undefined {
  const pieces: readonly Piece[] = template.hunks.flatMap((hunk) => [...hunk.before, ...hunk.after]);
  const texts = pieces.flatMap((piece) => ("text" in piece ? [piece.text] : []));
  const names = template.holes.flatMap(({ from }) =>
    from.kind === "capture" ? [from.name] : from.kind === "match" && from.equals !== undefined ? [from.equals] : [],
  );
  const clean =
    /^\.\w{1,6}$/.test(template.extension) &&
    texts.every((text) => isPublic(text, template.extension)) &&
    names.every((name) => CAPTURE_NAME.test(name));
  return clean ? template : undefined;
}

function isPublic(text: string, extension: string): boolean {
  return tokenise(text).every(({ kind, text: token }) => {
    if (kind === "other" || kind === "quote" || kind === "space") return true;
    if (kind === "number") return token === "0" || token === "1";
    return (
      kind !== "newline" &&
      token
        .split(/[^\p{L}\p{N}_$]+/u)
        .every((word) => word === "" || isPublicWord(word, extension) || isPublicMethod(word, extension))
    );
  });
}
