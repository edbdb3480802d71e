import { posix } from "node:path";
import { type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";
import { JDK_CLASSES } from "./missing-java-import.ts";

const UNREPORTED = /unreported exception ([\w.]+); must be caught or declared to be thrown/;

export const missingThrows: Fixer = {
  name: "missing-throws",
  summary: "a checked exception of Java that a method neither catches nor declares",
  trust: 0.7,
  async propose(input) {
    const named = UNREPORTED.exec(textOf(input))?.[1];
    const place = await placeOf(input);
    if (named === undefined || !place?.file.endsWith(".java")) return [];
    const source = (await input.tree.read(place.file)) ?? "";
    // javac leaves the package out; the header needs it where nothing imports the class.
    const pack = new RegExp(`^import\\s+(?:[\\w.]+\\.)?(?:${named}|\\*)\\s*;`, "m").test(source)
      ? undefined
      : JDK_CLASSES[named];
    const exception = pack === undefined ? named : `${pack}.${named}`;
    return proposals(`declare that ${exception} is thrown`, [
      await rewrite(input.tree, place.file, (text) => {
        const lines = text.split("\n");
        for (let at = place.line - 1; at >= 0; at--) {
          const line = lines[at] ?? "";
          // A lambda or an initialiser cannot declare anything.
          if (/->\s*\{?\s*$/.test(line) && at < place.line - 1) return undefined;
          const header =
            /^(\s*(?:[\w@<>[\],.?]+\s+)*[\w<>[\],.?]+\s+\w+\s*\([^()]*\)|\s*(?:public|protected|private)\s+\w+\s*\([^()]*\))\s*(throws\s+[\w.,\s]+?)?\s*\{/.exec(
              line,
            );
          if (!header || /^\s*(?:if|for|while|switch|catch|return|new|else|synchronized|try)\b/.test(line)) continue;
          const throws = header[2] === undefined ? `throws ${exception}` : `${header[2]}, ${exception}`;
          return lines.with(at, line.replace(header[0], `${header[1]} ${throws} {`)).join("\n");
        }
        return undefined;
      }),
    ]);
  },
};

const WRONG_FILE = /class (\w+) is public, should be declared in a file named \w+\.java/;

/** javac wants a public class in a file of its name: the file is renamed, since other sources use the class. */
export const javaFileName: Fixer = {
  name: "java-file-name",
  summary: "a public class of Java in a file of another name",
  trust: 0.7,
  async propose(input) {
    const name = WRONG_FILE.exec(textOf(input))?.[1];
    const place = await placeOf(input);
    if (name === undefined || !place?.file.endsWith(".java")) return [];
    const text = await input.tree.read(place.file);
    const to = posix.join(posix.dirname(place.file), `${name}.java`);
    if (text === undefined || (await input.tree.paths()).includes(to)) return [];
    return proposals(`name the file ${name}.java`, [
      { path: place.file, before: text, after: undefined },
      { path: to, before: undefined, after: text },
    ]);
  },
};
