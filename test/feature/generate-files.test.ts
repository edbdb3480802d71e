import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type CliWorld, cliWorld, specText } from "./run-world.ts";

let world: CliWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function open(...args: Parameters<typeof cliWorld>): Promise<CliWorld> {
  world = await cliWorld(...args);
  return world;
}

const read = (path: string) => readFileSync(join(world?.product ?? "", path), "utf8");

describe("codemonkeys generate", () => {
  it("writes the Jenkinsfile and the docs skeleton, and has nothing to do after that", async () => {
    const { run } = await open(specText("stages: { test: npm test }").replace("site: none", "site: mkdocs"));
    const first = await run("generate");
    expect(first.code).toBe(0);
    expect(first.stdout).toContain("wrote Jenkinsfile");
    expect(read("Jenkinsfile")).toContain("monkeysStage(");
    expect(read("docs/index.md")).toContain("# Payments");
    expect((await run("generate", "--check")).code).toBe(0);
    const second = await run("generate");
    expect([second.code, second.stdout.includes("wrote")]).toEqual([0, false]);
  });

  it("exits with 8 when the files are not what the spec says, and names them", async () => {
    const { run, write } = await open(specText("stages: { test: npm test }"));
    await run("generate");
    write("SPEC.md", specText("stages: { test: npm test, lint: npm run lint }"));
    const { code, stdout, stderr } = await run("generate", "--check");
    expect(code).toBe(8);
    expect(stdout + stderr).toContain("Jenkinsfile");
    expect(read("Jenkinsfile")).not.toContain("lint");
  });

  it("keeps an edit by hand until it is told otherwise", async () => {
    const { run, write } = await open(specText("stages: { test: npm test }"));
    await run("generate");
    const edited = read("Jenkinsfile").replace("agent any", "agent { label 'mine' }");
    write("Jenkinsfile", edited);
    const refused = await run("generate");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("codemonkeys generate --force");
    expect(read("Jenkinsfile")).toBe(edited);
    const checked = await run("generate", "--check");
    expect([checked.code, checked.stderr]).toEqual([8, expect.stringMatching(/generate\.drift\n.*generate --force/)]);
    expect((await run("generate", "--force")).code).toBe(0);
    expect(read("Jenkinsfile")).toContain("agent any");
  });

  it("only says what it would write in a dry run", async () => {
    const { run, product } = await open(specText("stages: { test: npm test }"));
    const { code, stdout } = await run("generate", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("would write Jenkinsfile");
    expect(existsSync(join(product, "Jenkinsfile"))).toBe(false);
  });

  it("cannot be made to run code by what a spec says", async () => {
    const { run } = await open(
      specText(
        `stages: { test: "echo '\${System.exit(1)}' \\\\u0027 // " }\njenkins: { agent: "x'; evil() //", node_tool: "\${evil()}" }`,
      ),
    );
    expect((await run("generate")).code).toBe(0);
    const text = read("Jenkinsfile");
    expect(text).toContain("label 'x\\'; evil() //'");
    expect(text).toContain(`nodejs: '$${"{evil()}"}'`);
    for (const line of text.split("\n").filter((one) => one.includes("evil()"))) expect(line).not.toContain('"');
  });
});
