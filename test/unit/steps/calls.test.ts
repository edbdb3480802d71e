import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderJenkinsfile } from "../../../src/pipeline/jenkinsfile.ts";
import { planSchema } from "../../../src/pipeline/plan.ts";
import { RUNNER_OPTIONS } from "../../../src/steps/generate/jenkins-var.ts";
import { STEPS } from "../../../src/steps/index.ts";

const root = join(import.meta.dirname, "../../..");
const text = (path: string) => readFile(join(root, path), "utf8");

/** Calls of the library's steps in Groovy text: name and named arguments. */
function callsIn(groovy: string): { name: string; named: string[] }[] {
  const calls = [...groovy.matchAll(/\b(monkeys[A-Z]\w*)\(([\s\S]*?)\)\s*$/gm)];
  return calls.map(([, name = "", given = ""]) => {
    // Names inside lists and strings belong to those.
    const flat = given.replaceAll(/'(?:[^'\\]|\\.)*'/g, "''");
    const outer = flat.replaceAll(/\[(?:[^[\]]|\[(?:[^[\]]|\[[^[\]]*\])*\])*\]/g, "[]");
    return { name, named: [...outer.matchAll(/(\w+):/g)].map((match) => match[1] ?? "") };
  });
}

describe("every call of a step in Groovy", () => {
  it("names a step that there is, with parameters that it has", async () => {
    const plan = planSchema.parse(JSON.parse(await text("test/groovy/src/test/resources/plans/payments.json")));
    const sources = [renderJenkinsfile(plan), await text("Jenkinsfile")];
    for (const name of await readdir(join(root, "jenkinsfiles"))) sources.push(await text(`jenkinsfiles/${name}`));
    const calls = sources.flatMap(callsIn);
    expect(calls.length).toBeGreaterThan(8);
    for (const { name, named } of calls) {
      const step = STEPS.find((one) => one.jenkinsName === name);
      expect(step, name).toBeDefined();
      const known = [...Object.keys(step?.params.shape ?? {}), ...Object.keys(RUNNER_OPTIONS)];
      expect(known, name).toEqual(expect.arrayContaining(named));
    }
  });
});
