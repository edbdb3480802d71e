import { editLine, type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

const PROMISE =
  /does not exist on type 'Promise<|Type 'Promise<[^\n]*' is not assignable to type|Argument of type 'Promise<|Did you forget to use 'await'|coroutine '[^']+' was never awaited|object is not subscriptable|'coroutine' object/;

export const missingAwait: Fixer = {
  name: "missing-await",
  summary: "a promise used as if it were its value",
  trust: 0.7,
  async propose(input) {
    const place = await placeOf(input);
    if (!place || !PROMISE.test(textOf(input))) return [];
    const lines = ((await input.tree.read(place.file)) ?? "").split("\n");
    const own = lines[place.line - 1] ?? "";
    const at = (input.failure.place?.column ?? 1) - 1;
    // The value that the column points behind (`x.length`) or at (an argument), or the whole right side.
    const used =
      /([\p{L}_$][\p{L}\p{N}_$]*)\??\.$/u.exec(own.slice(0, at))?.[1] ??
      /^([\p{L}_$][\p{L}\p{N}_$]*)\s*[,)\];]/u.exec(own.slice(at))?.[1];
    const changes = [];
    if (used !== undefined) {
      for (let line = place.line - 1; line >= 0; line--) {
        const declared = new RegExp(`((?:const|let|var)\\s+${used}\\s*(?::[^=]+)?=\\s*)(?!await\\b)(?=[^=])`).test(
          lines[line] ?? "",
        );
        if (!declared) continue;
        changes.push(
          await rewrite(
            input.tree,
            place.file,
            editLine(line + 1, (text) =>
              text.replace(new RegExp(`(\\b${used}\\s*(?::[^=]+)?=\\s*)(?!await\\b)`), "$1await "),
            ),
          ),
        );
        break;
      }
    }
    changes.push(
      await rewrite(
        input.tree,
        place.file,
        editLine(place.line, (text) =>
          text.replace(/(=\s*|return\s+)(?!await\b)([\p{L}_$][\p{L}\p{N}_$.]*\()/u, "$1await $2"),
        ),
      ),
    );
    return changes.flatMap((change) => proposals("await the promise", [change]));
  },
};
