import { valid } from "semver";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Bump, FileEdit, Manifest, Tree } from "./ecosystem.ts";
import { within } from "./paths.ts";
import { lineColumn, type Replacement, replaceSpans } from "./text-edit.ts";

/** In the order in which buildah and podman look for them. */
const FILES = ["Containerfile", "Dockerfile"] as const;

const TITLE = "org.opencontainers.image.title";
const VERSION = "org.opencontainers.image.version";

/** A label's value and its span, quotes included. */
interface Label {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The folder's Containerfile, else its Dockerfile; undefined when it has neither. */
export async function containerfileOf(
  tree: Tree,
  path: string,
): Promise<{ readonly file: string; readonly text: string } | undefined> {
  for (const name of FILES) {
    const text = await tree.read(within(path, name));
    if (text !== undefined) return { file: within(path, name), text };
  }
  return undefined;
}

/** True for a folder whose Containerfile names its image; other Containerfiles are somebody's development tools. */
export async function namesImage(tree: Tree, path: string): Promise<boolean> {
  const found = await containerfileOf(tree, path);
  return found !== undefined && labelsOf(found.text).some(({ name }) => name === TITLE);
}

/** The image's name is its title label, its version the version label where it has one: the last of each counts. */
export async function readDockerManifest(tree: Tree, path: string): Promise<Outcome<Manifest>> {
  const found = await containerfileOf(tree, path);
  if (found === undefined) {
    const file = within(path, "Dockerfile");
    return fail(
      problem("product", "docker.no_manifest", `there is no ${file} and no Containerfile`, { where: { file } }),
    );
  }
  const { file, text } = found;
  const labels = labelsOf(text);
  const title = labels.findLast(({ name }) => name === TITLE);
  if (title === undefined) {
    return fail(
      problem("product", "docker.no_name", `${file} does not say what its image is called`, {
        where: { file },
        next: `add to its last stage: LABEL ${TITLE}="company/name"`,
      }),
    );
  }
  if (!/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/.test(title.value)) {
    return fail(
      problem("product", "docker.bad_name", `${JSON.stringify(title.value)} is no image name`, {
        where: { file, ...lineColumn(text, title.start) },
        next: "lower-case letters and digits, parted by . _ - or /, without registry and tag",
      }),
    );
  }
  const version = labels.findLast(({ name }) => name === VERSION)?.value;
  return succeed({
    ecosystem: "docker",
    file,
    name: title.value,
    version: version !== undefined && valid(version) ? version : undefined,
    private: false,
  });
}

/** New versions in the version labels; a label whose value is a build argument is the build's to set. */
export async function bumpDocker(tree: Tree, bumps: readonly Bump[]): Promise<Outcome<FileEdit[]>> {
  const edits: FileEdit[] = [];
  for (const { path, version } of bumps) {
    const found = await containerfileOf(tree, path);
    if (found === undefined) continue;
    const before = found.text;
    const replacements = labelsOf(before)
      .filter(({ name, value }) => name === VERSION && !value.includes("$"))
      .map(({ start, end }): Replacement => {
        const quote = /["']/.exec(before[start] ?? "")?.[0] ?? "";
        return { start, end, text: `${quote}${version}${quote}` };
      });
    const after = replaceSpans(before, replacements);
    if (after !== before) edits.push({ path: found.file, before, after });
  }
  return succeed(edits);
}

/** Every `name=value` of LABEL instructions, over their continued lines. */
function labelsOf(text: string): Label[] {
  const labels: Label[] = [];
  for (const instruction of text.matchAll(/^[ \t]*LABEL[ \t]+((?:[^\\\n]|\\\r?\n|\\.)*)/gim)) {
    const from = instruction.index + instruction[0].length - (instruction[1]?.length ?? 0);
    const pair = /(?:"([^"\n]+)"|'([^'\n]+)'|([A-Za-z0-9._-]+))=("(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s\\"']|\\[^\r\n])*)/g;
    for (const match of (instruction[1] ?? "").matchAll(pair)) {
      const raw = match[4] ?? "";
      const end = from + match.index + match[0].length;
      const value = raw.replace(/^(["'])([\s\S]*)\1$/, "$2");
      labels.push({ name: match[1] ?? match[2] ?? match[3] ?? "", value, start: end - raw.length, end });
    }
  }
  return labels;
}
