import { folderOf } from "../../../../ecosystems/paths.ts";
import { nearestPath } from "../files/nearest-path.ts";
import { type Fixer, type FixerInput, proposals, rewrite, textOf } from "../fixer.ts";

const DOC_LINK =
  /Doc file '([^']+)' contains (?:a|an unrecognized relative) link '([^']+)'[^\n]*?Did you mean '([^']+)'/;
const DOC_MISSING =
  /Doc file '([^']+)' contains a link '([^'#]+)(?:#[^']*)?', but the target (?:'[^']+' )?is not found among documentation files/;

export const docsLink: Fixer = {
  name: "docs-link",
  summary: "a link of an MkDocs page to a page that is not there, by mkdocs' suggestion or the pages' names",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const suggested = DOC_LINK.exec(text);
    const [, page, link] = suggested ?? DOC_MISSING.exec(text) ?? [];
    if (page === undefined || link === undefined) return [];
    const file = await input.tree.locate(page);
    if (!file?.endsWith(".md")) return [];
    const meant = suggested?.[3] ?? (await nearestPage(input, file, link));
    if (meant === undefined) return [];
    return proposals(`link to ${meant}`, [
      await rewrite(input.tree, file, (source) => source.replaceAll(`](${link}`, `](${meant}`)),
    ]);
  },
};

async function nearestPage({ tree }: FixerInput, page: string, link: string): Promise<string | undefined> {
  return nearestPath(tree, link, folderOf(page));
}
