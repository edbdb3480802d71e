import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import { javascriptCaptures, javascriptKey, ownFrame } from "./javascript-message.ts";
import { find, isBlank } from "./text.ts";

// Jasmine:  1) refund is idempotent          RSpec:    1) Refund is idempotent
//             Message:                                    Failure/Error: expect(refund).to eq(0)
//               Expected 200 to be 0.
//             Stack:                                        expected: 0 …
//                 at …                                    # ./spec/refund_spec.rb:4:in `block …'
const ITEM = /^(?: {2})?(\d+)\) (.+)$/;

export const jasmine: ToolReader = {
  tool: "jasmine",
  hints: [") "],
  start(line) {
    const item = ITEM.exec(line.text);
    if (item === null) return undefined;
    let tool: "jasmine" | "rspec" | undefined;
    return gather(
      [line],
      ({ text }, held) => {
        if (held.length === 1) {
          if (/^\s+Message:$/.test(text)) tool = "jasmine";
          else if (/^\s+(?:Failure\/Error|Got \d+ failures):?/.test(text)) tool = "rspec";
          else return "no";
          return "take";
        }
        return isBlank(text) || (/^\s/.test(text) && !ITEM.test(text)) ? "take" : "no";
      },
      (lines, range): Draft[] => {
        if (tool === undefined) return [];
        const texts = lines.map(({ text }) => text);
        const body = texts.slice(1).filter((text) => !isBlank(text));
        const ruby = find(body.join("\n"), /^\s+# (?:\.\/)?(\S+?\.rb:\d+)/m)?.split(":");
        const frame = ownFrame(texts);
        const stop = body.findIndex((text) => /^\s+(?:Stack:|#|at )/.test(text));
        const said = body.slice(tool === "jasmine" ? 1 : 0, stop === -1 ? 4 : stop).map((text) => text.trim());
        const message = said.join(" ").replace(/^Failure\/Error: /, "");
        return [
          {
            tool,
            category: "test",
            message: message === "" ? "test failed" : message,
            test: item[2]!,
            ...range,
            place:
              ruby !== undefined ? placeOf(ruby[0]!, ruby[1]) : frame && placeOf(frame.file, frame.line, frame.column),
            captures: {
              ...javascriptCaptures(message),
              expected: find(message, /to (?:be|equal) (.+?)\.$/) ?? find(body.join("\n"), /^\s+expected:? (.+)$/m),
              actual: find(message, /^Expected (.+?) to /) ?? find(body.join("\n"), /^\s+got:? (.+)$/m),
            },
            key: javascriptKey(message),
          },
        ];
      },
    );
  },
};
