import { text } from "../../../core/html-text.ts";
import type { JudgedFinding, SecurityReport } from "../report.ts";
import { headline } from "./table.ts";

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
.fails{border-left:4px solid #b00020}.waived{color:#666}code{font-size:.9em}
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#16181c}th,td{border-color:#3a3d42}.waived{color:#9a9a9a}a{color:#8ab4f8}}`;

/** The report as one HTML page without scripts or anything from elsewhere. */
export function htmlOf(report: SecurityReport): string {
  const rows = report.findings.map(rowOf).join("\n");
  const scanners = report.scanners
    .map(
      ({ scanner, in: what, findings, failed, database_at }) =>
        `<tr><td>${text(scanner)}</td><td>${text(what)}</td><td>${text(failed ?? `${findings} findings`)}</td><td>${text(database_at ?? "")}</td></tr>`,
    )
    .join("\n");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Scan of ${text(report.product)}</title><style>${STYLE}</style></head><body>
<h1>${text(headline(report))}</h1>
<p>Commit <code>${text(report.commit)}</code>, ${text(report.at)}</p>
<h2>Findings</h2>
<table><thead><tr><th>Severity</th><th>Id</th><th>Package</th><th>What</th><th>Where</th><th>First seen</th></tr></thead><tbody>
${rows || '<tr><td colspan="6">none</td></tr>'}
</tbody></table>
<h2>Scanners</h2>
<table><thead><tr><th>Scanner</th><th>Of</th><th>Answer</th><th>Database of</th></tr></thead><tbody>
${scanners}
</tbody></table>
</body></html>
`;
}

function rowOf(one: JudgedFinding): string {
  const kind = one.fails ? "fails" : one.waiver ? "waived" : "";
  const id = one.url && /^https?:/.test(one.url) ? `<a href="${text(one.url)}">${text(one.id)}</a>` : text(one.id);
  const fix = one.fixed_in.length > 0 ? `, fixed in ${one.fixed_in.join(", ")}` : "";
  const waiver = one.waiver
    ? `<br>${one.waiver.over ? "waiver ended" : "waived until"} ${text(one.waiver.until)} by ${text(one.waiver.by)}: ${text(one.waiver.because)}`
    : "";
  const cells = [
    `${one.new ? "<strong>new</strong> " : ""}${text(one.severity)}${one.score === null ? "" : ` ${one.score}`}`,
    id,
    text(`${one.package ?? ""} ${one.installed ?? ""}${fix}`.trim()),
    `${text(one.title)}${waiver}`,
    text(one.in === "source" ? one.path : `${one.in}: ${one.path}`),
    text(one.first_seen.slice(0, 10)),
  ];
  return `<tr class="${kind}">${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}
