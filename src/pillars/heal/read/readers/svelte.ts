import { gather, placeOf, type ToolReader } from "../reader.ts";
import { javascriptCaptures, packageOf } from "./javascript-message.ts";
import { find, isBlank } from "./text.ts";

// /srv/app/src/A.svelte:2:7
// Error: Type 'string' is not assignable to type 'number'. (ts)
// …the source…                                                  a blank line ends it
const PLACE = /^(\S.*?\.(?:svelte|[cm]?[jt]s)):(\d+):(\d+)$/;
const ERROR = /^Error: (.*?)(?: \((ts|js|svelte|css|html)\))?\s*$/;

export const svelte: ToolReader = {
  tool: "svelte-check",
  hints: ["Error"],
  start(line, lane) {
    const said = ERROR.exec(line.text);
    const above = said === null ? undefined : lane.back(1);
    const place = above === undefined ? null : PLACE.exec(above.text);
    if (said === null || place === null) return undefined;
    const module = find(said[1]!, /Cannot find module '([^']+)'/);
    return gather(
      [above!, line],
      ({ text }) => (isBlank(text) || /^={10,}$|^svelte-check found/.test(text) ? "no" : "take"),
      (_lines, range) => [
        {
          tool: "svelte-check",
          category: packageOf(module) !== undefined ? "dependency_resolution" : said[2] === "css" ? "lint" : "type",
          message: said[1]!,
          ...range,
          place: placeOf(place[1]!, place[2], place[3]),
          captures: {
            ...javascriptCaptures(said[1]!),
            identifier: find(said[1]!, /Cannot find name '([^']+)'/),
            module,
            package: packageOf(module),
          },
          key: packageOf(module),
        },
      ],
    );
  },
};
