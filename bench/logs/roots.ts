import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readLog } from "../../src/pillars/heal/read/index.ts";
import type { Category } from "../../src/pillars/heal/read/report.ts";

/** What was broken to make a log: the root that a reader has to name. */
export interface RootLabel {
  readonly category: Category;
  /** The end of the file's path. */
  readonly file?: string;
  readonly line?: number;
  /** A text that the message or the test's name holds. */
  readonly message: string;
}

/** Whether the root of each log of `DIR/roots.json` is right, in all of category, place and message. */
export async function rootsOf(dir: string): Promise<Readonly<Record<string, boolean>>> {
  const labels = JSON.parse(readFileSync(join(dir, "roots.json"), "utf8")) as Record<string, RootLabel>;
  const right: Record<string, boolean> = {};
  for (const [name, label] of Object.entries(labels)) {
    const { root } = await readLog({ path: join(dir, `${name}.log`) });
    const placed =
      label.file === undefined ||
      (root?.place?.file.endsWith(label.file) === true && (label.line === undefined || root.place.line === label.line));
    const said = `${root?.message ?? ""} ${root?.test ?? ""}`.includes(label.message);
    right[name] = root?.category === label.category && placed && said;
  }
  return right;
}
