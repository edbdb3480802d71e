import { editLine, type Fixer, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";
import { undefinedName } from "./undefined-name.ts";

const SUGGESTED =
  /Did you mean(?: the (?:instance|static) member)?:? ['"‘`]((?:this|self|cls|[A-Z]\w*)\.([\p{L}_$][\p{L}\p{N}_$]*))['"’`]/u;

export const missingSelf: Fixer = {
  name: "missing-self",
  summary: "a member used without `this.`, `self.` or its class, where the tool or the file's other lines say so",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    if (!place) return [];
    const source = (await input.tree.read(place.file)) ?? "";
    const [, suggested, by] = SUGGESTED.exec(text) ?? [];
    const name = by ?? undefinedName(input);
    if (name === undefined) return [];
    const member = suggested ?? `${place.file.endsWith(".py") ? "self" : "this"}.${name}`;
    if (suggested === undefined && !wholeWord(member).test(source)) return [];
    const bare = new RegExp(`(?<!\\.)${wholeWord(name).source}`, "gu");
    const change = await rewrite(
      input.tree,
      place.file,
      editLine(place.line, (line) => line.replace(bare, member)),
    );
    return proposals(`write ${member}`, [change]);
  },
};
