import { createHash } from "node:crypto";
import { text } from "../../../core/html-text.ts";
import type { BuildFailure } from "../read/report.ts";
import { CATEGORY_WORDS, type Explanation, inOrderOfInterest, placeText, rangeText, storyText } from "./explanation.ts";
import type { FoldedLine, FoldedLog } from "./folded-log.ts";
import { STYLE } from "./html-style.ts";

/** Lines around a failure that are shown at once; those further away are folded. */
const NEAR = 3;
const SHOWN_CAUSES = 100;

/**
 * One page that stands alone: no script, no network, styles of its own, light or dark as the reader's system is. The
 * cause is on the first screen; the log below is folded to what matters. All that comes from the log is text: escaped,
 * and marks that turn the direction of writing are spelt out. The page's own policy forbids everything but its style.
 *
 * @param done a section of HTML that stands below the cause: what was done about it
 */
export function explainHtml(explanation: Explanation, folded: FoldedLog, done = ""): string {
  const { report, log } = explanation;
  const root = report.root;
  const ordered = inOrderOfInterest(report);
  const causes = ordered.filter((failure) => failure.root || failure.rank === "cause");
  const consequences = ordered.filter((failure) => !causes.includes(failure));
  const title = root === undefined ? `No failure found in ${log}` : `${CATEGORY_WORDS[root.category]}: ${root.message}`;
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${text(title.slice(0, 120))}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#log">Skip to the log</a>
<header><p>${text(log)} <span class="quiet">${grouped(report.lines)} lines, ${size(report.bytes)}</span></p></header>
<main>
${root === undefined ? "<h1>No failure found</h1>" : rootCard(root, explanation, folded)}
${done}
${othersList(causes.slice(1), explanation)}
${consequencesList(consequences)}
${logSection(folded, report.failures.length > 0)}
</main>
</body>
</html>
`;
}

function rootCard(failure: BuildFailure, { notes, stories, excerpts, link }: Explanation, folded: FoldedLog): string {
  const place = placeText(failure);
  const rows = [
    failure.test === undefined ? "" : row("Test", text(failure.test)),
    place === "" ? "" : row("Place", `<code>${text(place)}</code>`),
    row("Log", `${lineLink(failure, folded)}${outside(link?.(failure.logLines[0]))}`),
    row("Told by", text(failure.tool)),
    failure.captures.suggestion === undefined
      ? ""
      : row("Did you mean", `<code>${text(failure.captures.suggestion)}</code>`),
    ...(notes?.get(failure.occurrence) ?? []).map((note) => row("Source", `<code>${text(note)}</code>`)),
  ];
  const story = stories?.get(failure.pattern);
  if (story !== undefined) rows.push(row("Known", text(storyText(story))));
  const excerpt = excerpts?.get(failure.occurrence);
  const lines =
    excerpt === undefined
      ? ""
      : `<pre tabindex="0" aria-label="The failure's lines of the log">${excerpt.lines.map(text).join("\n")}${
          excerpt.left > 0 ? `\n… ${grouped(excerpt.left)} more lines` : ""
        }</pre>`;
  return `<section class="root" aria-labelledby="cause">
<p class="kind">${CATEGORY_WORDS[failure.category]} <span>root cause</span></p>
<h1 id="cause">${text(failure.message)}</h1>
<dl>${rows.filter((one) => one !== "").join("\n")}</dl>
${lines}
</section>`;
}

function othersList(failures: readonly BuildFailure[], { stories }: Explanation): string {
  if (failures.length === 0) return "";
  const items = failures.slice(0, SHOWN_CAUSES).map((failure) => {
    const story = stories?.get(failure.pattern);
    return `<li><span class="kind">${CATEGORY_WORDS[failure.category]}</span> ${
      placeText(failure) === "" ? "" : `<code>${text(placeText(failure))}</code> `
    }${failure.test === undefined ? "" : `<q>${text(failure.test)}</q> `}${text(failure.message)} <a href="#L${failure.logLines[0]}">line ${grouped(failure.logLines[0])}</a>${
      story === undefined ? "" : ` <span class="quiet">${text(storyText(story))}</span>`
    }</li>`;
  });
  const left = failures.length - items.length;
  return `<section aria-labelledby="others"><h2 id="others">${failures.length} more ${failures.length === 1 ? "cause" : "causes"}</h2>
<ol>${items.join("\n")}</ol>${left > 0 ? `<p class="quiet">and ${left} others</p>` : ""}</section>`;
}

function consequencesList(failures: readonly BuildFailure[]): string {
  if (failures.length === 0) return "";
  const items = failures
    .slice(0, SHOWN_CAUSES)
    .map(
      (failure) =>
        `<li>${text(failure.message)} <a href="#L${failure.logLines[0]}">line ${grouped(failure.logLines[0])}</a></li>`,
    );
  return `<details><summary>${failures.length} ${failures.length === 1 ? "consequence" : "consequences"} of these</summary><ul>${items.join("\n")}</ul></details>`;
}

function logSection({ parts, lines }: FoldedLog, failed: boolean): string {
  if (!failed) return "";
  const pieces: string[] = [];
  let shown = 0;
  for (const part of parts) {
    pieces.push(gap(part[0]!.no - shown - 1));
    pieces.push(...foldPart(part));
    shown = part.at(-1)!.no;
  }
  pieces.push(gap(lines - shown));
  return `<section aria-labelledby="log"><h2 id="log">The log, folded to what matters</h2>
<div class="log" role="group" aria-label="Log lines" tabindex="0">${pieces.filter((piece) => piece !== "").join("\n")}</div></section>`;
}

/** Runs of lines near a failure stand open, the others in a fold of their own. */
function foldPart(part: readonly FoldedLine[]): string[] {
  const near = part.map((_line, index) =>
    part.slice(Math.max(0, index - NEAR), index + NEAR + 1).some((one) => one.failing),
  );
  const pieces: string[] = [];
  for (let start = 0; start < part.length; ) {
    let end = start;
    while (end < part.length && near[end] === near[start]) end++;
    const run = part.slice(start, end);
    const body = `<pre>${run.map(logLine).join("\n")}</pre>`;
    pieces.push(
      near[start] === true || run.length <= 2
        ? body
        : `<details><summary>${grouped(run.length)} lines, ${grouped(run[0]!.no)} to ${grouped(run.at(-1)!.no)}</summary>${body}</details>`,
    );
    start = end;
  }
  return pieces;
}

function logLine({ no, text: said, failing }: FoldedLine): string {
  const number = `<span class="no">${no}</span>`;
  return failing
    ? `<mark id="L${no}">${number}${text(said)}</mark>`
    : `<span id="L${no}">${number}${text(said)}</span>`;
}

function gap(count: number): string {
  return count <= 0 ? "" : `<p class="gap">${grouped(count)} ${count === 1 ? "line" : "lines"} left out</p>`;
}

function lineLink({ logLines }: BuildFailure, { parts }: FoldedLog): string {
  const range = `${logLines[0] === logLines[1] ? "line" : "lines"} ${rangeText(logLines)}`;
  const there = parts.some((part) => part.some(({ no }) => no === logLines[0]));
  return there ? `<a href="#L${logLines[0]}">${range}</a>` : range;
}

/** Only addresses of the web become links; a CI system's address is configuration, not log. */
function outside(url: string | undefined): string {
  return url !== undefined && /^https?:\/\//.test(url)
    ? ` <a rel="noreferrer" href="${text(url)}">in the build</a>`
    : "";
}

function row(name: string, value: string): string {
  return `<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
