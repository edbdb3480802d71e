/**
 * Draws a terminal capture as a PNG for the README: `FORCE_COLOR=1 npm start > capture; node scripts/picture.ts capture
 * out.png [FROM-TO]`, where FROM-TO are lines of the capture, from 1. The text is what the program printed; only SGR
 * colours are understood. Needs Chromium (scripts/install-chromium.sh).
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runProcess } from "../src/core/process.ts";

const [capture, out, range] = process.argv.slice(2);
if (!capture || !out) {
  process.stderr.write("usage: node scripts/picture.ts CAPTURE OUT.png [FROM-TO]\n");
  process.exit(64);
}
const [from = 1, to = Number.POSITIVE_INFINITY] = (range ?? "").split("-").filter(Boolean).map(Number);
const lines = (await readFile(capture, "utf8"))
  .split("\n")
  .slice(from - 1, to === Number.POSITIVE_INFINITY ? undefined : to);

const STYLES: Readonly<Record<string, string>> = {
  "1": "font-weight:bold",
  "2": "opacity:.6",
  "31": "color:#ff7b72",
  "32": "color:#7ee787",
  "33": "color:#e3b341",
  "35": "color:#d2a8ff",
  "36": "color:#79c0ff",
};

function toHtml(line: string): string {
  let open = 0;
  const html = line
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/\x1b\[(\d+)m/g, (_, code: string) => {
      const style = STYLES[code];
      if (style) {
        open += 1;
        return `<span style="${style}">`;
      }
      if (open === 0) return "";
      open -= 1;
      return "</span>";
    });
  return html + "</span>".repeat(open);
}

const height = lines.length * 20 + 40;
const page = `<!doctype html><meta charset="utf-8"><body style="margin:0;background:#0d1117"><pre style="margin:0;padding:20px 24px;color:#e6edf3;font:14px/20px 'DejaVu Sans Mono',monospace">${lines.map(toHtml).join("\n")}</pre>`;
const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-picture-"));
try {
  await writeFile(join(scratch, "page.html"), page);
  const shot = await runProcess(
    process.env.CHROMIUM ?? "chromium",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--no-first-run",
      "--hide-scrollbars",
      `--user-data-dir=${join(scratch, "profile")}`,
      `--window-size=1080,${height}`,
      `--screenshot=${resolve(out)}`,
      `file://${join(scratch, "page.html")}`,
    ],
    { cwd: scratch, timeoutMs: 60_000 },
  );
  if (shot.exitCode !== 0) throw new Error(shot.stderr || `chromium: ${shot.ended} ${shot.startError ?? ""}`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
