// Reads vitest's JSON report. `node report.mjs REPORT counts` prints "passed failed total"; `left-out` names the tests that were
// not run, a line each; `failed` names those that failed and the files that did not load, with the first lines of the message.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

const [, , file, what] = process.argv;
const report = JSON.parse(readFileSync(file, "utf8"));
const start = (message) => stripVTControlCharacters(message).split("\n").slice(0, 6).join(" | ").slice(0, 900);

if (what === "counts") {
  console.log(report.numPassedTests, report.numFailedTests, report.numTotalTests);
}
for (const { name, status, message, assertionResults: tests } of report.testResults) {
  const path = relative(process.cwd(), name);
  if (what === "left-out") {
    for (const test of tests.filter((one) => !["passed", "failed"].includes(one.status))) {
      console.log(test.fullName);
    }
  }
  if (what === "failed") {
    const failed = tests.filter((one) => one.status === "failed");
    for (const test of failed) {
      console.log(`${path}: ${test.fullName}: ${start(test.failureMessages.join("\n"))}`);
    }
    if (status === "failed" && failed.length === 0) {
      console.log(`${path}: ${start(message || "did not load")}`);
    }
  }
}
