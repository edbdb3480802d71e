import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { renderDiagnostics } from "../../../src/cli/render/diagnostics.ts";
import { createRenderer } from "../../../src/cli/render/events.ts";
import { problem } from "../../../src/core/diagnostic.ts";
import { readYaml } from "../../../src/core/yaml.ts";

const plain = (lines: readonly string[]) => lines.map(stripVTControlCharacters).join("\n");

describe("renderDiagnostics", () => {
  test("shows the problems of a file together, each with its line and a caret", () => {
    const schema = z.strictObject({
      security: z.strictObject({ fail_on_high: z.boolean().optional() }),
      npm: z.boolean(),
    });
    const read = readYaml("security:\n  fail_on_hihg: true\nnpm: yes\n", schema, {
      file: ".codemonkeys/config.yaml",
      codes: "config",
    });
    if (read.ok) throw new Error("expected problems");
    expect(plain(renderDiagnostics(read.diagnostics))).toBe(
      `.codemonkeys/config.yaml has 2 problems

  1 │ security:
  2 │   fail_on_hihg: true
    │   ^^^^^^^^^^^^ unknown key fail_on_hihg; did you mean fail_on_high?

  2 │   fail_on_hihg: true
  3 │ npm: yes
    │      ^^^ expected true or false, found the text "yes"`,
    );
  });

  test("a problem without a place is one line, with its code, details and what to do", () => {
    const lines = renderDiagnostics([
      problem("infrastructure", "git.missing", "git is not installed", { next: "apt install git", details: "ENOENT" }),
    ]);
    expect(plain(lines)).toBe("✗ git is not installed  git.missing\n    ENOENT\n  → apt install git");
  });

  test("tabs before the caret stay tabs, so that it stands under its word", () => {
    const lines = renderDiagnostics([
      problem("config", "x.y", "no", {
        where: { file: "f", line: 1, column: 3, endColumn: 5, excerpt: { firstLine: 1, lines: ["\t\tab"] } },
      }),
    ]);
    expect(plain(lines)).toContain("  1 │ \t\tab\n    │ \t\t^^ no");
  });
});

describe("createRenderer without a terminal", () => {
  function collect() {
    let text = "";
    const out = new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    }) as unknown as NodeJS.WriteStream;
    return { out, text: () => stripVTControlCharacters(text) };
  }

  test("prints one whole line for each finished task and each gate's answer", async () => {
    const { out, text } = collect();
    const renderer = await createRenderer({ out, live: false, verbose: false, inCi: false });
    renderer.emit({ type: "task.started", task: "a", title: "reproducing" });
    renderer.emit({ type: "task.progress", task: "a", text: "half way" });
    renderer.emit({ type: "output", task: "a", line: "noise" });
    renderer.emit({
      type: "gate",
      gate: { action: "git.push", answer: "deny", rule: "no-push", reason: "Not today." },
    });
    renderer.emit({
      type: "task.finished",
      task: "a",
      state: "done",
      title: "reproduced at a1b2c3d",
      durationMs: 3_100,
    });
    renderer.close();
    expect(text().split("\n")).toEqual([
      "  ◆ git.push denied by no-push: Not today.",
      `✔ ${"reproduced at a1b2c3d".padEnd(64)}  3.1 s`,
      "",
    ]);
  });

  test("verbose also shows what product commands print", async () => {
    const { out, text } = collect();
    const renderer = await createRenderer({ out, live: false, verbose: true, inCi: false });
    renderer.emit({ type: "output", line: "from the product" });
    expect(text()).toBe("  from the product\n");
  });
});
