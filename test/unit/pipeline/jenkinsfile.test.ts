import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groovyComment, groovyString } from "../../../src/pipeline/groovy.ts";
import { renderJenkinsfile } from "../../../src/pipeline/jenkinsfile.ts";
import { readStamp } from "../../../src/pipeline/stamp.ts";
import { RUNNER_OPTIONS } from "../../../src/steps/generate/jenkins-var.ts";
import { STEPS } from "../../../src/steps/index.ts";
import { readGroovyString, readJenkinsfile } from "./read-jenkinsfile.ts";
import { planFor } from "./support.ts";

const FRONT = `stages:
  test: npm test
  check: { parallel: { lint: npm run lint, types: { run: tsc -p ., timeout_minutes: 5 } } }
  old: { run: npm test, matrix: { node: [22, 24] }, when: { branch: [main, release/*] } }
announce: [webhook]
jenkins: { agent: linux && docker, node_tool: Node 24, cron: H 4 * * * }`;

describe("renderJenkinsfile", () => {
  it("is the same for equal plans and carries the plan's digest and its own", () => {
    const plan = planFor(FRONT);
    const text = renderJenkinsfile(plan);
    expect(renderJenkinsfile(planFor(FRONT))).toBe(text);
    expect(text).toContain(`plan=${plan.digest}`);
    expect(readStamp(text)).toBe("intact");
    expect(text.endsWith("}\n")).toBe(true);
  });

  it("shows every edit by hand, but not other line ends", () => {
    const text = renderJenkinsfile(planFor(FRONT));
    expect(readStamp(text.replace("linux", "windows"))).toBe("edited");
    expect(readStamp(`${text}\n`)).toBe("edited");
    expect(readStamp(text.replaceAll("\n", "\r\n"))).toBe("intact");
    expect(readStamp("pipeline {}\n")).toBe("absent");
  });

  it("calls the library in every stage and nothing else", () => {
    const { stages } = readJenkinsfile(renderJenkinsfile(planFor(FRONT)));
    const calls = stages.filter((stage) => stage.children.length === 0).map((stage) => [stage.name, stage.call]);
    expect(calls).toEqual([
      ["test", "monkeysStage(stage: 'test', nodejs: 'Node 24')"],
      ["check-lint", "monkeysStage(stage: 'check-lint', nodejs: 'Node 24')"],
      ["check-types", "monkeysStage(stage: 'check-types', nodejs: 'Node 24')"],
      ["old-node-22", "monkeysStage(stage: 'old-node-22', nodejs: 'Node 24')"],
      ["old-node-24", "monkeysStage(stage: 'old-node-24', nodejs: 'Node 24')"],
      ["docs", "monkeysDocs(label: 'linux && docker', nodejs: 'Node 24')"],
      ["release", "monkeysShip(label: 'linux && docker', nodejs: 'Node 24')"],
      ["announce", "monkeysAnnounce(label: 'linux && docker', nodejs: 'Node 24')"],
    ]);
  });

  it("gives the library's steps only parameters that they have", () => {
    const { stages } = readJenkinsfile(renderJenkinsfile(planFor(FRONT)));
    const calls = stages.flatMap((stage) => [...stage.call.matchAll(/^(\w+)\((.*)\)$/g)]);
    expect(calls).toHaveLength(8);
    for (const [call, name, given = ""] of calls) {
      const step = STEPS.find((one) => one.jenkinsName === name);
      // An announcement is part of a release; its stage's var is written by hand.
      const known = [...Object.keys(step?.params.shape ?? {}), ...Object.keys(RUNNER_OPTIONS)];
      if (name !== "monkeysAnnounce") expect(step, call).toBeDefined();
      for (const [, key] of given.matchAll(/(\w+): '(?:\\.|[^'\\])*'/g)) expect(known, call).toContain(key);
    }
  });

  it("heals on the agent whose stage failed", () => {
    const text = renderJenkinsfile(planFor(FRONT));
    expect(text).toMatch(/post \{\n\s+failure \{\n\s+monkeysHeal\(label: 'linux && docker', nodejs: 'Node 24'\)\n/);
    const { stages } = readJenkinsfile(text);
    expect(stages.find((stage) => stage.post)?.children).toEqual(["test", "check", "old"]);
  });

  it("has Jenkins' options, the clock, and limits", () => {
    const text = renderJenkinsfile(planFor(`${FRONT}\npriority: low`));
    for (const line of [
      "agent none",
      "disableConcurrentBuilds()",
      "buildDiscarder(logRotator(numToKeepStr: '30'))",
      "quietPeriod(60)",
      "timeout(time: 1440, unit: 'MINUTES')",
      "cron('H 4 * * *')",
      "timeout(time: 10, unit: 'MINUTES')",
    ]) {
      expect(text.split("\n").map((one) => one.trim())).toContain(line);
    }
    expect(text).not.toContain("timestamps()");
    expect(renderJenkinsfile(planFor("jenkins: { timestamps: true }"))).toContain("timestamps()");
  });

  it("needs no agent for a product that has nothing to build", () => {
    const text = renderJenkinsfile(planFor(""));
    expect(text).not.toContain("agent any");
    expect(readJenkinsfile(text).stages.map((stage) => stage.name)).toEqual(["docs", "release"]);
  });

  it("starts no section on the line of another", () => {
    for (const line of renderJenkinsfile(planFor(FRONT)).split("\n")) {
      expect(line.match(/[{}]/g)?.length ?? 0, line).toBeLessThanOrEqual(1);
    }
  });
});

describe("hostile values", () => {
  // What a spec may hold in a text that ends up in the file: no line breaks, but all else.
  const nasty = fc.string({
    unit: fc.constantFrom("'", "\\", "$", "{", "}", '"', "\u202e", "u0027", "\\u0027", "/", "*", "é", "😀", "x", ";"),
    minLength: 1,
    maxLength: 20,
  });

  it("come back from a Groovy string as they went in, and never leave it", () => {
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: "binary" })), (text) => {
        const literal = groovyString(text);
        expect(literal).not.toMatch(/[\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069\0]/);
        expect(readGroovyString(literal)).toEqual({ value: text, rest: "" });
      }),
    );
  });

  it("stay on a comment's line, whatever escapes they hold", () => {
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: "binary" })), (text) => {
        const comment = groovyComment(text, 1_000);
        expect(comment).not.toMatch(/[\n\r\u2028\u2029\u202a-\u202e]/);
        // An odd run of backslashes before `u` is what Groovy's reader turns into a character.
        expect(comment).not.toMatch(/(?<!\\)(\\\\)*\\u/);
      }),
    );
  });

  it("change values of the file, never its structure", () => {
    const shape = (text: string) =>
      readJenkinsfile(text).stages.map(({ name, children, call, when }) => [
        name,
        children,
        call.replaceAll(/'(\\.|[^'\\])*'/g, "''"),
        when.length,
      ]);
    const front = (text: string) =>
      `jenkins: { agent: ${JSON.stringify(text)}, node_tool: ${JSON.stringify(text)} }
stages:
  test: { run: ${JSON.stringify(text)}, when: { environment: { A: ${JSON.stringify(text)} }, changed: "src/**" } }`;
    const plain = shape(renderJenkinsfile(planFor(front("x"))));
    fc.assert(
      fc.property(nasty, (text) => {
        expect(shape(renderJenkinsfile(planFor(front(text))))).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });
});
