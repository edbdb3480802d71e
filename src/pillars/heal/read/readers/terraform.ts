import { gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find, isBlank } from "./text.ts";

// ╷
// │ Error: Invalid expression
// │
// │   on a.tf line 2, in resource "x" "a":
// ╵                                                with -no-color the same; terraform < 0.15 has no box
const HEAD = /^(?:\s*[│|] )?Error: (.+)$/;
const PLAIN = /^Error: \S/;
const PLACE = /^\s+on \S+ line \d+(?:, in .+)?:$/;
const BOX = /^\s*╷$/;

export const terraform: ToolReader = {
  tool: "terraform",
  hints: ["╷"],
  start(line) {
    if (BOX.test(line.text)) {
      return gather(
        [line],
        ({ text }) => (/^\s*╵/.test(text) ? "last" : /^\s*│/.test(text) ? "take" : "no"),
        (lines, range) =>
          draftsOf(
            lines.map(({ text }) => text.replace(/^\s*[╷│╵] ?/, "")),
            range,
          ),
      );
    }
    return undefined;
  },
};

/** Asked last: many tools write "Error: …", and only the lines below tell terraform's from theirs. */
export const terraformPlain: ToolReader = {
  tool: "terraform",
  hints: ["Error: "],
  start: (line) => (PLAIN.test(line.text) ? plainBlock(line) : undefined),
};

/** Without colours terraform draws no box; an error ends where the next begins or another program speaks. */
function plainBlock(line: Parameters<ToolReader["start"]>[0]) {
  let placed = false;
  return gather(
    [line],
    ({ text }, held) => {
      if (PLACE.test(text)) placed = true;
      if (PLAIN.test(text) || /^(?:Warning: |make|##\[|\$ |\+ )/.test(text)) return "no";
      if (isBlank(text)) return held.length > 1 && isBlank(held.at(-1)!.text) ? "no" : "take";
      return placed || held.length < 3 ? "take" : "no";
    },
    // Other tools write "Error: …" too; terraform says where.
    (lines, range) =>
      placed
        ? draftsOf(
            lines.map(({ text }) => text),
            range,
          )
        : [],
  );
}

function draftsOf(texts: readonly string[], range: { first: number; last: number }) {
  const head = texts.map((text) => HEAD.exec(text)?.[1]).find(Boolean);
  if (head === undefined) return [];
  const all = texts.join("\n");
  const at = /^\s*on (\S+) line (\d+)/m.exec(all);
  const body = texts.slice(texts.findIndex((text) => HEAD.test(text)) + 1).map((text) => text.trim());
  const detail = detailOf(body);
  return [
    {
      tool: "terraform",
      category: terraformCategory(`${head}\n${all}`),
      message: detail === undefined ? head : `${head}: ${detail}`,
      ...range,
      place: at === null ? undefined : placeOf(at[1]!, at[2]),
      captures: {
        rule: head,
        resource: find(all, /with ([\w.[\]"-]+),$/m),
        identifier: find(all, /named "([^"]+)"/) ?? find(all, /has not been declared.*?"([^"]+)"/),
        suggestion: find(all, /Did you mean "([^"]+)"/),
        package: find(all, /provider\s+(?:registry\.[\w.]+\/)?([\w-]+\/[\w-]+)/),
      },
      key: head,
    },
  ];
}

/** The paragraph that explains, below the picture of the source; its first sentence. */
function detailOf(body: readonly string[]): string | undefined {
  const start = body.findLastIndex((text) => /^\d+:|^on |^with |^[│├└]/.test(text)) + 1;
  const paragraph: string[] = [];
  for (const text of body.slice(start)) {
    if (text !== "") paragraph.push(text);
    else if (paragraph.length > 0) break;
  }
  const all = paragraph.join(" ");
  const [first = all] = /^.{10,}?[.!?](?= [A-Z])/.exec(all) ?? [];
  const suggestion = /Did you mean "[^"]+"\?/.exec(all)?.[0];
  if (all === "") return undefined;
  return suggestion === undefined || first.includes(suggestion) ? first : `${first} ${suggestion}`;
}

function terraformCategory(said: string): Category {
  if (
    /Inconsistent dependency lock file|dependency lock file|checksums? (?:previously recorded|in the dependency lock)/i.test(
      said,
    )
  )
    return "dependency_lock";
  if (
    /Failed to query available provider|Failed to install provider|Failed to download module|Module not installed|Unsupported Terraform Core version/i.test(
      said,
    )
  )
    return categoryOf(said, "dependency_resolution");
  if (
    /No valid credential sources|Error: (?:Unauthorized|.*AccessDenied)|No value for required variable.*(?:token|password|secret)/i.test(
      said,
    )
  )
    return "secret_missing";
  if (/Error acquiring the state lock|error configuring .*backend|timeout while waiting/i.test(said))
    return "infrastructure";
  return categoryOf(said, "configuration");
}
