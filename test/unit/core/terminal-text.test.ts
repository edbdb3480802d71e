import { describe, expect, it } from "vitest";
import { terminalJson, terminalText, withoutCiCommands } from "../../../src/core/terminal-text.ts";

describe("what may be printed", () => {
  it.each([
    ["a cleared screen", "\u001b[2Jgone", "<001B>[2Jgone"],
    ["a window's title", "\u001b]0;owned\u0007", "<001B>]0;owned<0007>"],
    ["a link that hides its address", "\u001b]8;;http://x\u001b\\a", "<001B>]8;;http://x<001B>\\a"],
    ["an 8-bit sequence", "\u009b2J", "<009B>2J"],
    ["a line that is written over", "ok\rfailed", "ok<000D>failed"],
    ["a deleted character", "a\bb\u007f", "a<0008>b<007F>"],
    ["a turned direction", "a\u202efdp.exe", "a<202E>fdp.exe"],
  ])("shows %s by its code", (_what, text, shown) => {
    expect(terminalText(text)).toBe(shown);
  });

  it("keeps plain text, tabs, line ends and colours, and ends them", () => {
    for (const text of ["plain ✓ ü", "a\tb\nc"]) expect(terminalText(text)).toBe(text);
    expect(terminalText("\u001b[31mred")).toBe("\u001b[31mred\u001b[0m");
  });

  it("takes out concealed text's mark: Jenkins reads its notes there", () => {
    expect(terminalText("\u001b[8mha:AAAA\u001b[0m")).toBe("ha:AAAA\u001b[0m\u001b[0m");
  });

  it("makes no line a command to a CI system", () => {
    expect(withoutCiCommands("::set-output name=x::y")).toBe(": :set-output name=x::y");
    expect(withoutCiCommands("  ::add-mask::a\n::stop-commands::b")).toBe("  : :add-mask::a\n: :stop-commands::b");
    expect(withoutCiCommands("13 │ ##[error]no")).toBe("13 │ # #[error]no");
    expect(withoutCiCommands("##vso[task.setvariable variable=a]b")).toBe("# #vso[task.setvariable variable=a]b");
    expect(withoutCiCommands("std::vec ## heading")).toBe("std::vec ## heading");
  });

  it("is the same JSON", () => {
    const value = { a: "\u009b2J\u202e\u2028é\u001b" };
    const json = terminalJson(JSON.stringify(value));
    expect(JSON.parse(json)).toEqual(value);
    expect(json).not.toMatch(/[\u007f-\u009f\u202e\u2028\u001b]/);
  });
});
