import { describe, expect, test } from "vitest";
import { createCleaner } from "../../../src/pillars/heal/read/clean.ts";
import { read } from "./logs.ts";

const ERROR = "src/a.ts(3,5): error TS2304: Cannot find name 'zz'.";
const found = {
  tool: "tsc",
  category: "type",
  message: "Cannot find name 'zz'.",
  place: { file: "src/a.ts", line: 3, column: 5 },
};

describe("what CI systems wrap around a line is taken off", () => {
  test.each([
    ["nothing", ERROR],
    ["Windows line end", `${ERROR}\r`],
    ["GitHub Actions' time stamp", `2026-02-03T10:11:12.1234567Z ${ERROR}`],
    ["GitHub Actions' time stamp and mark", `2026-02-03T10:11:12.1234567Z ##[error]${ERROR}`],
    ["gh run view --log", `build\tRun tsc\t2026-02-03T10:11:12.1234567Z ${ERROR}`],
    ["GitLab's time stamp", `2026-02-03T10:11:12.123456Z 01O ${ERROR}`],
    ["Jenkins' timestamper", `[2026-02-03T10:11:12.123Z] ${ERROR}`],
    ["Jenkins' clock", `10:11:12  ${ERROR}`],
    [
      "colours",
      `\u001b[96msrc/a.ts\u001b[0m(3,5): \u001b[91merror\u001b[0m TS2304: \u001b[1mCannot find name 'zz'.\u001b[0m`,
    ],
    ["Jenkins' console note", `\u001b[8mha:////4AAAAerror+base64==\u001b[0m${ERROR}`],
    ["a progress bar", `10% |==\r20% |====\r${ERROR}`],
    ["Travis' fold", `travis_fold:start:tsc\r\u001b[0K${ERROR}`],
    ["docker's build step", `#12 3.456 ${ERROR}`],
    ["docker compose", `web-1  | ${ERROR}`],
  ])("%s", async (_name, line) => {
    const { root } = await read(`hello\n${line}\nbye\n`);
    expect(root).toMatchObject({ ...found, logLines: [2, 2] });
  });

  test("an annotation command says its place", async () => {
    const { text, mark } = createCleaner()(1, "::error file=src/a.js,line=3,col=7::it broke");
    expect({ text, mark }).toEqual({ text: "src/a.js:3:7: it broke", mark: "error" });
  });

  test("parallel branches of Jenkins are read apart, though their lines alternate", async () => {
    const log = [
      "[Pipeline] { (Branch: linux)",
      "[Pipeline] { (Branch: mac)",
      "[linux] Traceback (most recent call last):",
      "[mac] --- FAIL: TestAdd (0.00s)",
      '[linux]   File "a.py", line 3, in <module>',
      "[mac]     a_test.go:3: got 0, want 4",
      "[linux]     foo()",
      "[mac] FAIL",
      "[linux] NameError: name 'foo' is not defined",
    ].join("\n");
    const { failures } = await read(log);
    expect(failures).toMatchObject([
      { tool: "python", message: "NameError: name 'foo' is not defined", logLines: [3, 9] },
      { tool: "go test", message: "got 0, want 4", logLines: [4, 6] },
    ]);
  });
});
