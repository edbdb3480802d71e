import type { DemoProduct } from "./history.ts";

const manifest = `{
  "name": "harbour-tides",
  "version": "1.0.0",
  "description": "High and low water for the ports of the fleet",
  "license": "MIT",
  "type": "module",
  "exports": "./src/index.js",
  "files": [
    "src",
    "data"
  ],
  "scripts": {
    "test": "node --test"
  }
}
`;

const spec = `---
product: harbour-tides
company: harbour
tier: 2
priority: high
packages: [{ ecosystem: npm, path: ., publish: true }]
stages:
  build: node --check src/index.js
  test: npm test
docs: { site: mkdocs }
announce: [webhook]
---
# Harbour Tides

Tell the ports of the fleet when the water is high.

## Requirement: the next high water is found

- **Given** high waters at 04:10 and 16:35, **when** a ship asks at 12:00, **then** the answer is 16:35.

## Requirement: an unknown port is refused

- **Given** a port that has no table, **when** it is asked for, **then** the error names the port.
`;

const index = `/** Minutes after midnight of "HH:MM". */
export function minutes(time) {
  const [hours, rest] = time.split(":").map(Number);
  return hours * 60 + rest;
}

/** The first high water at or after a time, or undefined when there is none left that day. */
export function nextHighWater(times, now) {
  return times.find((time) => minutes(time) >= minutes(now));
}
`;

const test = `import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, nextHighWater } from "../src/index.js";

test("minutes after midnight", () => {
  assert.equal(minutes("04:10"), 250);
});

test("the next high water is found", () => {
  assert.equal(nextHighWater(["04:10", "16:35"], "12:00"), "16:35");
});

test("no high water is left in the evening", () => {
  assert.equal(nextHighWater(["04:10", "16:35"], "23:00"), undefined);
});
`;

export const harbourTides: DemoProduct = {
  name: "harbour-tides",
  ecosystem: "npm",
  history: [
    {
      message: "feat: minutes after midnight",
      author: "ada",
      files: {
        "package.json": manifest,
        "src/index.js": index.slice(0, index.indexOf("/** The first")).trimEnd().concat("\n"),
        "test/tides.test.js": test.split("\n\n").slice(0, 2).join("\n\n").replace(", nextHighWater", "").concat("\n"),
        ".gitignore": "node_modules/\n",
        "README.md": "# harbour-tides\n\nHigh and low water for the ports of the fleet.\n",
      },
    },
    {
      message: "feat: find the next high water",
      author: "grace",
      files: { "src/index.js": index, "test/tides.test.js": test },
      tag: "v1.0.0",
    },
    {
      message: "docs: say what the product must do",
      author: "ada",
      files: {
        "SPEC.md": spec,
        ".codemonkeys/config.yaml": "ship:\n  alerts: { webhook_url_env: HARBOUR_WEBHOOK_URL }\n",
      },
    },
  ],
  breaking: {
    message: "feat: read the tide tables of the ports from JSON",
    author: "grace",
    files: {
      "data/ports.json": `{
  "Husum": ["04:10", "16:35"],
  "Cuxhaven": ["01:52", "14:20"]
}
`,
      // Written for Node.js 18: engines since V8 12.6 know import attributes only as \`with { … }\`.
      "src/index.js": `import ports from "../data/ports.json" assert { type: "json" };

${index}
/** High waters of a port, as "HH:MM" in the order of the day. */
export function highWaters(port) {
  const times = ports[port];
  if (!times) throw new RangeError(\`no tide table for \${port}\`);
  return times;
}
`,
      "test/ports.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { highWaters, nextHighWater } from "../src/index.js";

test("a port's high waters come from its table", () => {
  assert.equal(nextHighWater(highWaters("Husum"), "12:00"), "16:35");
});

test("an unknown port is refused", () => {
  assert.throws(() => highWaters("Atlantis"), /Atlantis/);
});
`,
    },
  },
};
