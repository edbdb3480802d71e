import { describe, expect, it } from "vitest";
import { succeed } from "../../../src/core/diagnostic.ts";
import { renderJenkinsfile } from "../../../src/pipeline/jenkinsfile.ts";
import { previewPlan } from "../../../src/pipeline/local/preview.ts";
import { runPlan } from "../../../src/pipeline/local/run.ts";
import type { Plan, PlanWhen } from "../../../src/pipeline/plan.ts";
import { readGroovyString, readJenkinsfile } from "./read-jenkinsfile.ts";
import { scratchSession } from "./scratch-session.ts";
import { must } from "./support.ts";

/**
 * Contract 9: the plan, the committed Jenkinsfile and the local run are one pipeline. Each is read by its own means
 * here, and all must say the same.
 */
const FRONT = `stages:
  zip: { run: 'true', when: { branch: [main, release/*], environment: { A: "it's" } } }
  test: 'true'
  check: { when: { branch: main }, parallel: { lint: 'true', types: { run: 'true', when: { tag: v* } } } }
  build: 'true'
  old: { run: 'true', matrix: { node: [22, 24], db: [pg] }, when: { changed: [src/**, "*.json"] } }
announce: [webhook]
docs: { site: mkdocs }`;

interface Leaf {
  readonly name: string;
  readonly group: string | undefined;
  readonly calls: string;
  readonly when: readonly PlanWhen[];
}

function fromPlan(plan: Plan): Leaf[] {
  return plan.stages.flatMap((stage): Leaf[] => {
    const own = stage.when ? [stage.when] : [];
    if (stage.kind === "step") return [{ name: stage.name, group: undefined, calls: stage.jenkins_step, when: own }];
    if (stage.kind === "command") return [{ name: stage.name, group: undefined, calls: "monkeysStage", when: own }];
    return stage.branches.map((branch) => ({
      name: branch.name,
      group: stage.name,
      calls: "monkeysStage",
      when: [...own, ...(branch.when ? [branch.when] : [])],
    }));
  });
}

function fromJenkinsfile(text: string): Leaf[] {
  const { stages } = readJenkinsfile(text);
  const groupOf = (name: string) => stages.find((stage) => stage.parallel && stage.children.includes(name));
  return stages
    .filter((stage) => stage.children.length === 0)
    .map((stage) => {
      const group = groupOf(stage.name);
      return {
        name: stage.name,
        group: group?.name,
        calls: stage.call.slice(0, stage.call.indexOf("(")),
        when: [...(group ? [whenOf(group)] : []), whenOf(stage)].filter((when) => Object.keys(when).length > 0),
      };
    });
}

function whenOf(stage: { when: readonly string[]; comments: readonly string[] }): PlanWhen {
  const found: { branch?: string[]; tag?: string[]; changed?: string[]; environment?: Record<string, string> } = {};
  const read = (line: string) => {
    const [, word = "", rest = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
    if (word === "branch") found.branch = [...(found.branch ?? []), readGroovyString(rest).value];
    else if (word === "tag") found.tag = [...(found.tag ?? []), readGroovyString(rest).value];
    else if (word === "environment") {
      const name = readGroovyString(rest.slice("name: ".length));
      found.environment = {
        ...found.environment,
        [name.value]: readGroovyString(name.rest.slice(", value: ".length)).value,
      };
    } else throw new Error(`unknown condition: ${line}`);
  };
  for (const line of stage.when) {
    const any = /^anyOf\((.*)\)$/.exec(line)?.[1];
    for (const one of any ? any.split(" | ") : [line]) read(one);
  }
  const changed = stage.comments.map((line) => /^only when changed \(the program looks\): (.*)$/.exec(line)?.[1]);
  for (const list of changed) if (list) found.changed = list.split(", ");
  return found;
}

describe("plan, Jenkinsfile and local run", () => {
  it("have the same stages in the same order under the same conditions", async () => {
    const scratch = await scratchSession(FRONT, { environment: { A: "it's" } });
    try {
      const plan = await scratch.plan();
      const planned = fromPlan(plan);
      expect(planned.map((leaf) => leaf.name)).toEqual([
        "build",
        "test",
        "zip",
        "check-lint",
        "check-types",
        "old-node-22-db-pg",
        "old-node-24-db-pg",
        "docs",
        "release",
        "announce",
      ]);
      expect(fromJenkinsfile(renderJenkinsfile(plan))).toEqual(planned);

      const asked: string[] = [];
      const run = must(
        await runPlan(scratch.session, plan, {
          cause: "test",
          startStep: async (step) => {
            asked.push(step);
            return succeed({ verdict: "success" });
          },
        }),
      );
      expect(run.stages.map(({ name, group }) => ({ name, group }))).toEqual(
        planned.map(({ name, group }) => ({ name, group })),
      );
      expect(run.stages.filter((stage) => stage.state === "skipped").map((stage) => stage.name)).toEqual([
        "check-types",
      ]);
      expect(asked).toEqual(["docs", "release", "announce"]);

      // What a dry run shows is what a run does; `changed` holds no more, since that build passed.
      const shown = must(await previewPlan(scratch.session, plan));
      expect(shown.map(({ name }) => name)).toEqual(planned.map(({ name }) => name));
      expect(shown.filter((stage) => stage.skipped !== undefined).map((stage) => stage.name)).toEqual([
        "check-types",
        "old-node-22-db-pg",
        "old-node-24-db-pg",
      ]);
    } finally {
      await scratch.close();
    }
  });

  it("differ as soon as the Jenkinsfile is of another plan", async () => {
    const scratch = await scratchSession(FRONT);
    try {
      const plan = await scratch.plan();
      const other = { ...plan, stages: plan.stages.toReversed() };
      expect(fromJenkinsfile(renderJenkinsfile(other))).not.toEqual(fromPlan(plan));
    } finally {
      await scratch.close();
    }
  });
});
