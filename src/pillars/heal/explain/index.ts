export { type Excerpt, excerptsOf } from "./excerpt.ts";
export { type Explanation, inOrderOfInterest, type PatternStory } from "./explanation.ts";
export { type FoldedLog, foldLog } from "./folded-log.ts";
export { healSection } from "./heal-section.ts";
export { explainHtml } from "./html.ts";
export { explainJson } from "./json.ts";
export { explainLines, type ToldLine, withoutRoot } from "./lines.ts";
export { explainMarkdown } from "./markdown.ts";
export { explainSarif } from "./sarif.ts";
