import type { DemoProduct } from "./history.ts";

const manifest = `{
  "name": "harbour-tolls",
  "version": "0.3.1",
  "description": "What a ship pays in the ports of the fleet",
  "license": "MIT",
  "type": "module",
  "exports": "./lib/toll.js",
  "files": ["lib"],
  "scripts": { "test": "node --test" }
}
`;

const spec = `---
product: harbour-tolls
company: harbour
tier: 1
priority: critical
packages: [{ ecosystem: npm, path: ., publish: true }]
stages:
  test: npm test
docs: { site: mkdocs }
announce: [webhook]
---
# Harbour Tolls

Work out what a ship pays.

## Requirement: the toll grows with length

- **Given** a rate of 12 per started ten metres, **when** a ship of 31 metres calls, **then** it pays 48.
`;

const toll = `/** The toll of a ship: a rate for each started ten metres of its length. */
export function toll(metres, rate) {
  if (!(metres > 0)) throw new RangeError("a ship has a length");
  return Math.ceil(metres / 10) * rate;
}
`;

export const harbourTolls: DemoProduct = {
  name: "harbour-tolls",
  ecosystem: "npm",
  history: [
    {
      message: "feat: toll by length",
      author: "grace",
      files: {
        "package.json": manifest.replace("0.3.1", "0.3.0"),
        "lib/toll.js": toll.replace(/ {2}if.*\n/, ""),
        "test/toll.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { toll } from "../lib/toll.js";

test("the toll grows with length", () => {
  assert.equal(toll(31, 12), 48);
});
`,
        ".gitignore": "node_modules/\n",
        "README.md": "# harbour-tolls\n\nWhat a ship pays.\n",
      },
      tag: "v0.3.0",
    },
    {
      message: "fix: refuse a ship without a length",
      author: "ada",
      files: {
        "package.json": manifest,
        "lib/toll.js": toll,
        "test/length.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { toll } from "../lib/toll.js";

test("a ship has a length", () => {
  assert.throws(() => toll(0, 12), RangeError);
});
`,
      },
      tag: "v0.3.1",
    },
    {
      message: "docs: say what the product must do",
      author: "grace",
      files: {
        "SPEC.md": spec,
        ".codemonkeys/config.yaml": "ship:\n  alerts: { webhook_url_env: HARBOUR_WEBHOOK_URL }\n",
      },
    },
  ],
  breaking: {
    message: "feat: tariffs by port",
    author: "ada",
    files: {
      "lib/tariffs.json": `{ "Husum": 12, "Cuxhaven": 15, "Brunsbüttel": 9 }
`,
      "lib/toll.js": `import tariffs from './tariffs.json' assert { type: 'json' };

${toll}
/** What a ship pays in a port. */
export function tollIn(port, metres) {
  if (!(port in tariffs)) throw new RangeError(\`no tariff for \${port}\`);
  return toll(metres, tariffs[port]);
}
`,
      "test/tariffs.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { tollIn } from "../lib/toll.js";

test("each port has its tariff", () => {
  assert.equal(tollIn("Husum", 31), 48);
  assert.equal(tollIn("Cuxhaven", 31), 60);
});

test("a port without a tariff is refused", () => {
  assert.throws(() => tollIn("Atlantis", 31), /Atlantis/);
});
`,
    },
  },
};
