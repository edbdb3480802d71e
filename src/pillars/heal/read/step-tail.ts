import type { Lane } from "./reader.ts";
import { isBlank } from "./readers/text.ts";

const LONGEST = 40;
/** A command as CI systems, shells, npm and make's callers echo it. */
const BEGINS = /^(?:[$+>] ?\S|\[Pipeline\] |travis_(?:time|fold):|shell: )/;

/**
 * Number of the first line of a failed step's last words: from its command, or from the end of the step before, at most
 * 40 lines up. Where nothing in a log says what went wrong, they are what there is to look at.
 * @returns undefined when the step said nothing
 */
export function beginOfLastWords(lane: Lane): number | undefined {
  let first: number | undefined;
  for (let n = 1; n <= LONGEST; n++) {
    const line = lane.back(n);
    if (line === undefined || BEGINS.test(line.text)) break;
    if (line.mark === "group" || line.mark === "endgroup" || line.mark === "command") break;
    if (!isBlank(line.text)) first = line.no;
  }
  return first;
}
