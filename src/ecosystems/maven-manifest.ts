import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { FileEdit, Tree } from "./ecosystem.ts";
import { within } from "./paths.ts";
import { type Replacement, replaceSpans } from "./text-edit.ts";
import type { VersionChange } from "./version-change.ts";

/** Text of an element, without the white space around it. */
interface Said {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

interface Pom {
  readonly file: string;
  readonly text: string;
  /** By path: `project/version`, `project/parent/artifactId` … The first of each. */
  readonly said: ReadonlyMap<string, Said>;
}

/**
 * New versions in the folder's pom.xml and those of its modules: the own version, the parent's where the parent is one of
 * them, and the property `revision` where the version is `${revision}`. Versions of dependencies and plugins stay.
 */
export async function bumpMaven(
  tree: Tree,
  files: readonly string[],
  { folder, version }: VersionChange,
): Promise<Outcome<FileEdit[]>> {
  const rootFile = within(folder, "pom.xml");
  if (!files.includes(rootFile)) return succeed([]);
  const poms: Pom[] = [];
  for (const file of files.filter((one) => one === rootFile || one.endsWith("/pom.xml"))) {
    const text = await tree.read(file);
    if (text !== undefined) poms.push({ file, text, said: elements(text) });
  }
  const root = poms.find(({ file }) => file === rootFile) as Pom;
  const own = root.said.get("project/version");
  if (!own) {
    return fail(
      problem("product", "maven.no_version", `${rootFile} has no version of its own`, {
        where: { file: rootFile },
        next: "add <version>0.0.0</version> under <project>; a release fills it in",
      }),
    );
  }
  const names = new Set(poms.map(({ said }) => said.get("project/artifactId")?.value));
  const edits: FileEdit[] = [];
  for (const { file, text, said } of poms) {
    const found: Replacement[] = [];
    const put = (path: string) => {
      const place = said.get(path);
      if (place && !place.value.includes("$")) found.push({ start: place.start, end: place.end, text: version });
    };
    const mine = said.get("project/version");
    // A module with a version of its own kind (say 0.1 beside the product's 1.4) is none of this release's.
    if (file === rootFile || mine?.value === own.value) put("project/version");
    if (
      names.has(said.get("project/parent/artifactId")?.value) &&
      said.get("project/parent/version")?.value === own.value
    )
      put("project/parent/version");
    if (file === rootFile && /^\$\{revision\}$/.test(own.value)) put("project/properties/revision");
    const after = replaceSpans(text, found);
    if (after !== text) edits.push({ path: file, before: text, after });
  }
  return succeed(edits);
}

const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?(\/?)>/g;

function elements(xml: string): Map<string, Said> {
  const said = new Map<string, Said>();
  const open: { path: string; start: number; leaf: boolean }[] = [];
  for (const match of xml.matchAll(TOKEN)) {
    const [token, closing, name, empty] = match;
    if (name === undefined || empty === "/") continue;
    const parent = open.at(-1);
    if (closing !== "/") {
      if (parent) parent.leaf = false;
      open.push({ path: parent ? `${parent.path}/${name}` : name, start: match.index + token.length, leaf: true });
      continue;
    }
    const element = open.pop();
    if (!element?.leaf || said.has(element.path)) continue;
    const text = xml.slice(element.start, match.index);
    const value = text.trim();
    const start = element.start + text.indexOf(value);
    said.set(element.path, { value, start, end: start + value.length });
  }
  return said;
}
