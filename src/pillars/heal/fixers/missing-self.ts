import { editLine, type Fixer, placeOf, proposals, rewrite, textOf, wholeWord } from "./fixer.ts";

const SUGGESTED =
  /Did you mean(?: the (?:instance|static) member)?:? ['"‘`]((?:this|self|cls|[A-Z]\w*)\.([\p{L}_$][\p{L}\p{N}_$]*))['"’`]/u;

export const missingSelf: Fixer = {
  name: "missing-self",
  summary: "a member used without `this.`, `self.` or its class, where the tool says so",
  trust: 0.9,
  async propose(input) {
    const [, member, name] = SUGGESTED.exec(textOf(input)) ?? [];
    const place = await placeOf(input);
    if (member === undefined || name === undefined || !place) return [];
    const bare = new RegExp(`(?<!\\.)${wholeWord(name).source}`, "gu");
    const change = await rewrite(
      input.tree,
      place.file,
      editLine(place.line, (line) => line.replace(bare, member)),
    );
    return proposals(`write ${member}`, [change]);
  },
};
