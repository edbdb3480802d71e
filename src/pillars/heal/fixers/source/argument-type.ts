import { editLine, type Fixer, placeOf, proposals, rewrite, SCRIPT, textOf } from "../fixer.ts";
import { argumentsFrom, type Part } from "./call.ts";

const SAYS = /Argument of type '([^']+)' is not assignable to parameter of type '([^']+)'/;
const CONVERTERS: Readonly<Record<string, string>> = { string: "String", number: "Number", boolean: "Boolean" };

export const argumentType: Fixer = {
  name: "argument-type",
  summary: "an argument of another plain type than the parameter's: in the wrong place, or not converted",
  trust: 0.5,
  async propose(input) {
    const [, given = "", wanted = ""] = SAYS.exec(textOf(input)) ?? [];
    const place = await placeOf(input);
    const column = input.failure.place?.column;
    if (!place || column === undefined || !SCRIPT.test(place.file) || given === "") return [];
    const line = ((await input.tree.read(place.file)) ?? "").split("\n")[place.line - 1] ?? "";
    const call = argumentsAround(line, column - 1);
    if (!call) return [];
    const change = (edited: string) =>
      rewrite(
        input.tree,
        place.file,
        editLine(place.line, () => edited),
      );
    const found = [];
    for (const [one, two] of [
      [call.index - 1, call.index],
      [call.index, call.index + 1],
    ] as const) {
      const [left, right] = [call.parts[one], call.parts[two]];
      if (!left || !right) continue;
      const text = (part: Part) => line.slice(part.from, part.to);
      const swapped = text(right) + line.slice(left.to, right.from) + text(left);
      found.push(
        ...proposals("swap the arguments", [await change(line.slice(0, left.from) + swapped + line.slice(right.to))]),
      );
    }
    const converter = /^(?:string|number|boolean|\d+(?:\.\d+)?|"[^"]*"|true|false)$/.test(given)
      ? CONVERTERS[wanted]
      : undefined;
    const own = call.parts[call.index];
    if (converter !== undefined && own) {
      const written = `${line.slice(0, own.from)}${converter}(${line.slice(own.from, own.to)})${line.slice(own.to)}`;
      found.push(...proposals(`hand over a ${wanted}`, [await change(written)]));
    }
    return found;
  },
};

/** The arguments of the innermost call around an offset of a line, and which of them lies there. */
function argumentsAround(
  line: string,
  at: number,
): { readonly parts: readonly Part[]; readonly index: number } | undefined {
  let open = -1;
  for (let depth = 0, place = at - 1; place >= 0 && open < 0; place--) {
    if (/[)\]}]/.test(line[place] ?? "")) depth++;
    else if (/[([{]/.test(line[place] ?? "")) {
      if (depth === 0) open = place;
      depth--;
    }
  }
  if (open < 0 || line[open] !== "(") return undefined;
  const { parts } = argumentsFrom(line, open);
  const index = parts.findIndex((part) => part.from <= at && at < part.to);
  return index < 0 ? undefined : { parts, index };
}
