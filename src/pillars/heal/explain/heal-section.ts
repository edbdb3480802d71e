import { text } from "../../../core/html-text.ts";
import type { HealReport } from "../report.ts";

const VERDICTS: Readonly<Record<HealReport["verdict"], string>> = {
  fixed: "Healed",
  proposed: "Repair proposed",
  not_fixed: "Not repaired",
  flaky: "Flaky",
  infrastructure: "Infrastructure",
  refused: "Refused",
};

/** What a heal did about the failure: its end, its proof, what it tried, each gate's answer, the diff. */
export function healSection(report: HealReport): string {
  const { verdict, reason, tried, gates, diff } = report;
  return `<section class="heal" aria-labelledby="heal">
<h2 id="heal">${report.dry_run ? "What heal would do" : "What heal did"}</h2>
<p><strong>${VERDICTS[verdict]}</strong>: ${text(reason)}</p>
<dl>${rows(report).join("\n")}</dl>
${tried.length === 0 ? "" : `<h3>Tried</h3>\n<ol>${tried.map(triedItem).join("\n")}</ol>`}
${gates.length === 0 ? "" : `<h3>The constitution's answers</h3>\n<ul>${gates.map(gateItem).join("\n")}</ul>`}
${diff === undefined ? "" : `<h3 id="diff">The change</h3>\n<pre class="diff" tabindex="0" aria-labelledby="diff">${diff.trimEnd().split("\n").map(diffLine).join("\n")}</pre>`}
</section>`;
}

function rows(report: HealReport): string[] {
  const { failure, fixes, reproduce_ms, fix_ms, verify_ms, isolated, files, lines } = report;
  const seen = failure?.seen;
  return [
    row("Stage", text(`${report.stage} of ${report.product} at ${report.commit.slice(0, 7)}`)),
    seen && seen.times > 1
      ? row(
          "Known",
          text(`seen ${seen.times} times in ${count(seen.products, "product")}, fixed ${count(seen.fixed, "time")}`),
        )
      : "",
    reproduce_ms === undefined || reproduce_ms === 0
      ? ""
      : row(
          "Proof",
          text(
            `shown again in ${seconds(reproduce_ms)}${isolated === undefined ? "" : isolated ? ", isolated by the kernel" : ", not isolated"}`,
          ),
        ),
    fixes.length === 0
      ? ""
      : row(
          "Repair",
          fixes
            .map(
              ({ kind, name, summary, trust }) =>
                `<code>${text(name)}</code> (${kind}, trust ${trust.toFixed(2)}): ${text(summary)}`,
            )
            .join("<br>"),
        ),
    fixes.length === 0 || fix_ms === undefined || verify_ms === undefined
      ? ""
      : row(
          "Verified",
          text(
            `what failed passes and the whole stage passes; found in ${seconds(fix_ms)}, verified in ${seconds(verify_ms)}`,
          ),
        ),
    files.length === 0 ? "" : row("Changes", text(`${files.join(", ")}: ${count(lines, "line")}`)),
    report.fix_commit === undefined
      ? ""
      : row(
          "Landed",
          text(`${report.fix_commit.slice(0, 7)} on ${report.branch ?? "no branch"}${report.pushed ? ", pushed" : ""}`),
        ),
    report.pull_request === undefined ? "" : row("Pull request", webLink(report.pull_request)),
    report.approval === undefined ? "" : row("Waits for", text(report.approval.group)),
    report.run === undefined ? "" : row("Run", `<code>${text(report.run)}</code>`),
  ].filter((one) => one !== "");
}

function diffLine(line: string): string {
  if (/^\+(?!\+\+ )/.test(line)) return `<ins>${text(line)}</ins>`;
  return /^-(?!-- )/.test(line) ? `<del>${text(line)}</del>` : text(line);
}

function triedItem({ kind, name, summary, dropped }: HealReport["tried"][number]): string {
  return `<li><code>${text(name)}</code> <span class="quiet">${kind}</span> ${text(summary)}: ${dropped === undefined ? "taken" : text(dropped)}</li>`;
}

function gateItem({ action, answer, rule, reason, preview }: HealReport["gates"][number]): string {
  return `<li><code>${text(action)}</code> <strong>${answer}</strong>${preview ? ' <span class="quiet">asked only</span>' : ""}${rule === undefined ? "" : ` by ${text(rule)}`}: ${text(reason)}</li>`;
}

function webLink(url: string): string {
  return /^https?:\/\//.test(url) ? `<a rel="noreferrer" href="${text(url)}">${text(url)}</a>` : text(url);
}

function row(name: string, value: string): string {
  return `<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function count(many: number, one: string): string {
  return `${many} ${one}${many === 1 ? "" : "s"}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
