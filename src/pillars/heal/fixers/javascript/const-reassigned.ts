import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const FAULT = /Assignment to constant variable|Cannot assign to '([\w$]+)' because it is a constant/;

export const constReassigned: Fixer = {
  name: "const-reassigned",
  summary: "a `const` that is assigned to later",
  trust: 0.7,
  async propose(input) {
    const fault = FAULT.exec(textOf(input));
    const place = await placeOf(input);
    if (!fault || !place) return [];
    const lines = ((await input.tree.read(place.file)) ?? "").split("\n");
    const own = lines[place.line - 1] ?? "";
    const name =
      fault[1] ??
      /([\p{L}_$][\p{L}\p{N}_$]*)\s*(?:[-+*/%&|^?]{0,3}=(?!=)|\+\+|--)/u.exec(own)?.[1] ??
      /(?:\+\+|--)([\p{L}_$][\p{L}\p{N}_$]*)/u.exec(own)?.[1];
    if (name === undefined) return [];
    const declaration = new RegExp(`\\bconst(\\s+${name.replaceAll("$", "\\$")}\\b)`);
    for (let at = place.line - 1; at >= 0; at--) {
      if (!declaration.test(lines[at] ?? "")) continue;
      return proposals(`declare ${name} with let, since it changes`, [
        await rewrite(
          input.tree,
          place.file,
          editLine(at + 1, (line) => line.replace(declaration, "let$1")),
        ),
      ]);
    }
    return [];
  },
};
