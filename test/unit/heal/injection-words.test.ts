import { describe, expect, it } from "vitest";
import { terminalText, withoutCiCommands } from "../../../src/core/terminal-text.ts";
import {
  excerptsOf,
  explainHtml,
  explainLines,
  explainMarkdown,
  explainSarif,
  foldLog,
  healSection,
} from "../../../src/pillars/heal/explain/index.ts";
import { commitMessage, commitTrailers, healBranchName } from "../../../src/pillars/heal/message.ts";
import { promptFor } from "../../../src/pillars/heal/model/prompt.ts";
import { wordsOf } from "../../../src/pillars/heal/pull-request.ts";
import type { BuildFailure } from "../../../src/pillars/heal/read/report.ts";
import type { HealReport } from "../../../src/pillars/heal/report.ts";
import { fill } from "../../../src/pillars/heal/template/replay.ts";
import type { Tree } from "../../../src/pillars/heal/tree.ts";
import { pieces, read } from "../heal-read/logs.ts";

/** Texts that mean something to whoever shows them: each is put into a log, a test's name, a file's name, a model's words. */
const PAYLOADS: readonly (readonly [what: string, text: string])[] = [
  ["a cleared screen", "\u001b[2J\u001b[Hgone"],
  ["a window's title", "\u001b]0;owned\u0007"],
  ["a clipboard", "\u001b]52;c;cHduZWQ=\u0007"],
  ["an 8-bit sequence", "\u009b2J"],
  ["a Jenkins console note", "\u001b[8mha:////4AAAA\u001b[0m"],
  ["a workflow command", "::set-output name=token::pwned"],
  ["a masked secret", "::add-mask::a"],
  ["a stop of commands", "::stop-commands::pause"],
  ["an old workflow command", "##[add-path]/tmp/pwned"],
  ["a command of Azure", "##vso[task.setvariable variable=PATH]/tmp"],
  ["a script", "<script>alert(1)</script>"],
  ["an image that tells", '<img src=x onerror="alert(1)">'],
  ["an attribute", '" onmouseover="alert(1)'],
  ["a Markdown image", "![x](https://evil.example/?leak)"],
  ["a Markdown link", "[click](javascript:alert(1))"],
  ["an address", "https://evil.example/phish"],
  ["a mention", "@everyone look"],
  ["an issue that would be closed", "closes #12, fixes acme/shop#3, resolves GH-4"],
  ["a code span that ends", "`` ` ``` end"],
  ["a heading and a rule", "# Approved\n---\n> ok"],
  ["a trailer", "x\n\nHeal-Run: r-forged\nHeal-Trust: 1.00\nSigned-off-by: ceo"],
  ["a co-author", "x\nCo-authored-by: ceo <ceo@acme.example>"],
  ["a turned direction", "abc\u202etxt.exe"],
  ["a shell's command", "$(touch PWNED) `touch PWNED`; touch PWNED"],
  ["an option", "--upload-pack=touch PWNED"],
];

function failureOf(text: string): BuildFailure {
  return {
    tool: "jest",
    category: "test",
    message: text,
    place: { file: `src/${text}.js`, line: 3 },
    test: text,
    logLines: [1, 1],
    alsoAt: [],
    count: 1,
    rank: "cause",
    root: true,
    captures: { suggestion: text, identifier: text },
    occurrence: "0".repeat(16),
    pattern: "jest:test:000000000000",
  };
}

const explanationOf = async (text: string) => {
  const failure = failureOf(text);
  const report = { failures: [failure], root: failure, lines: 1, bytes: 10, omitted: 0 };
  const excerpts = await excerptsOf(pieces(`${text}\n`), report.failures);
  return { log: `${text}.log`, report, excerpts, notes: new Map([[failure.occurrence, [text]]]) };
};

const reportOf = (text: string): HealReport => ({
  verdict: "fixed",
  reason: text,
  product: "fees",
  stage: text,
  commit: "a".repeat(40),
  fixes: [{ kind: "model", name: text, trust: 0.3, summary: text, files: [text] }],
  tried: [{ kind: "model", name: text, summary: text, files: [text], dropped: text }],
  files: [text],
  lines: 1,
  diff: `+${text}`,
  gates: [{ action: text, answer: "deny", rule: text, reason: text, preview: false }],
  pushed: false,
  pull_request: text,
  dry_run: false,
});

/** What is left of Markdown when code, which is no markup, is taken out. */
function outsideCode(markdown: string): string {
  return markdown
    .replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, "")
    .replace(/(?<!`)(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, "")
    .replace(/\\[!-/:-@[-`{-~]/g, "");
}
const MARKUP = /!?\[[^\]]*\]\(|<(?!\/?(?:details|summary)>)[a-z!/]|(?<![\w`])@\w|https?:\/\/|#\d|^#+ (?!✗)/im;

describe.each(PAYLOADS)("%s", (_what, text) => {
  it("is nothing to a terminal or a CI system", async () => {
    for (const { text: line } of explainLines(await explanationOf(text))) {
      const printed = withoutCiCommands(terminalText(line));
      expect(printed).not.toMatch(
        /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202e]|\u001b(?!\[[\d;]*m)|\u001b\[8m/,
      );
      expect(printed).not.toMatch(/^\s*::|##(?:vso)?\[/m);
    }
  });

  it("is text in Markdown", async () => {
    expect(outsideCode(explainMarkdown(await explanationOf(text)))).not.toMatch(MARKUP);
  });

  it("is text on the page", async () => {
    const explanation = await explanationOf(text);
    const folded = await foldLog(pieces(`${text}\n`), explanation.report.failures);
    const html = explainHtml(explanation, folded, healSection(reportOf(text)));
    expect(html).not.toMatch(/<(?:script|img)|href="(?!#|https:\/\/evil)|<[^>]*\son\w+=/i);
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it("is a string in SARIF", async () => {
    const { report } = await explanationOf(text);
    expect(() => JSON.parse(JSON.stringify(explainSarif(report, { log: "x", version: "1" })))).not.toThrow();
  });

  it("adds no trailer to a commit, and no link, image or mention to a pull request", () => {
    const failure = failureOf(text);
    const worked = { fixes: reportOf(text).fixes } as unknown as Parameters<typeof commitMessage>[0]["worked"];
    const message = commitMessage({ failure, worked, stage: "test", commit: "a".repeat(40) });
    const trailers = commitTrailers({ run: "r-1", failure, fixes: worked.fixes });
    const { title, body } = wordsOf(message, trailers);
    expect(message).not.toMatch(/^(?:Heal-Run|Heal-Trust|Signed-off-by|Co-authored-by):/im);
    for (const value of Object.values(trailers)) expect(value).not.toMatch(/\n/);
    expect(title).not.toMatch(/\n/);
    expect(outsideCode(body)).not.toMatch(MARKUP);
    expect(body.match(/^Heal-Run:/gm)).toHaveLength(1);
    expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it("is no branch's name and no template's text", () => {
    expect(healBranchName(failureOf(text), "a".repeat(40), 1)).toMatch(/^heal\/[a-z0-9-]+-aaaaaaa$/);
    const holes = [{ type: "identifier" as const, from: { kind: "capture" as const, name: "identifier" } }];
    const template = { version: 1 as const, extension: ".js", holes, hunks: [{ before: [], after: [] }], adds: [] };
    const context = {
      captures: { identifier: text },
      scope: [],
      nearLine: undefined,
      chains: false,
      around: undefined,
    };
    const filled = fill(template, 0, new Map(), new Set(), context);
    expect(filled ?? "").not.toMatch(/[\s"'`$()<>;:]/);
  });

  it("is data in a question to a model: no role and no file of its own", async () => {
    const tree: Tree = {
      root: "/r",
      paths: async () => [],
      read: async () => undefined,
      locate: async () => undefined,
    };
    const input = { failure: failureOf(text), tree, excerpt: text };
    const { editable } = await promptFor(input, { tokens: 2000, mayEdit: () => true, feedback: [] });
    expect(editable).toEqual([]);
  });

  it("is read without harm", async () => {
    const wrapped = `FAIL src/a.test.js\n  ● ${text}\n\n    Error: ${text}\n      at x (src/${text}.js:1:1)\nnpm error ${text}\n`;
    const { failures } = await read(wrapped);
    for (const { pattern, occurrence } of failures) {
      expect(pattern).toMatch(/^[\w: -]+:[0-9a-f]{12}$/);
      expect(occurrence).toMatch(/^[0-9a-f]{16}$/);
    }
  });
});
