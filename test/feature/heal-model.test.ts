import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createWorld, type World } from "./heal-world.ts";

/** A server that speaks Ollama's wire and answers from a list; the last answer is given again and again. */
interface FakeModel {
  readonly url: string;
  readonly prompts: string[];
  close(): Promise<void>;
}

async function startModel(answers: readonly string[]): Promise<FakeModel> {
  const prompts: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString("utf8");
    });
    request.on("end", () => {
      if (request.url === "/api/tags") {
        response.end(JSON.stringify({ models: [{ name: "tiny:latest" }] }));
        return;
      }
      const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] };
      prompts.push(messages.at(-1)?.content ?? "");
      const content = answers[Math.min(prompts.length, answers.length) - 1] ?? "";
      const part = { model: "tiny", created_at: new Date(0).toISOString() };
      response.write(`${JSON.stringify({ ...part, message: { role: "assistant", content }, done: false })}\n`);
      response.end(
        `${JSON.stringify({ ...part, message: { role: "assistant", content: "" }, done: true, done_reason: "stop", prompt_eval_count: 100, eval_count: 50 })}\n`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    prompts,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

let world: World | undefined;
let model: FakeModel | undefined;
afterEach(async () => {
  await world?.close();
  await model?.close();
});

const answer = (file: string, search: string, replace: string) =>
  JSON.stringify({ explanation: "The sum starts at one instead of zero.", edits: [{ file, search, replace }] });

const SUM =
  "export function sum(items) {\n  let total = 1;\n  for (const item of items) total += item;\n  return total;\n}\n";
const FILES = {
  "package.json": '{ "name": "north", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/sum.js": SUM,
  "test/sum.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { sum } from "../src/sum.js";\n\ntest("sums", () => assert.equal(sum([1, 2]), 3));\n',
};

async function healWith(answers: readonly string[], constitution?: string) {
  model = await startModel(answers);
  world = await createWorld({
    config: `model:\n  endpoint: ${model.url}\n  name: tiny\n`,
    ...(constitution ? { constitution } : {}),
  });
  await world.product("north", FILES, "npm test");
  return world.heal("north");
}

describe("a model, where one answers", () => {
  it("proposes, and what it proposes is proven before it is kept", async () => {
    // Prose, a wrong file, a search that does not fit, an edit that does not heal, and at last the right one, indented wrongly.
    const healed = await healWith([
      "You should set total to zero.",
      answer("../../etc/passwd", "root", "toor"),
      answer("src/sum.js", "const nothing = here;", "x"),
      answer("src/sum.js", "  let total = 1;", "  let total = 2;"),
      answer("src/sum.js", "let total = 1;", "let total = 0;"),
    ]);
    expect(healed.report).toMatchObject({
      verdict: "fixed",
      fixes: [{ kind: "model", name: "tiny", trust: 0.3 }],
      tried: [{ dropped: expect.stringMatching(/./) }, {}],
    });
    expect(healed.report.diff).toContain("+  let total = 0;");
    expect(model?.prompts).toHaveLength(5);
    expect(model?.prompts[2]).toContain("is not a file you may edit");
    expect(model?.prompts[3]).toContain("the search text is nowhere in the file");
    expect(model?.prompts[4]).toContain("was tried and did not heal");
    expect(await world?.git("north", "log", "-1", "--format=%B")).toMatch(/^Heal-Source: model tiny$/m);
  });

  it("never gets to change a test, whatever it answers", async () => {
    const healed = await healWith([
      answer("test/sum.test.js", "sum([1, 2]), 3", "sum([1, 2]), 4"),
      answer("src/sum.js", "  return total;", "  try {\n    return total;\n  } catch (error) {\n    return 0;\n  }"),
    ]);
    expect(healed.report).toMatchObject({ pushed: false });
    expect(healed.report.tried.map((one) => one.dropped)).toContainEqual(
      expect.stringMatching(/^refused: an error is caught/),
    );
    expect(await world?.git("north", "log", "--format=%s")).toBe("feat: begin");
  });

  it("is not asked when the constitution does not let it", async () => {
    const healed = await healWith(
      [answer("src/sum.js", "let total = 1;", "let total = 0;")],
      "version: 1\nrules:\n  - id: heal\n    allow: [git.commit, git.push]\n",
    );
    expect(healed.report).toMatchObject({ verdict: "not_fixed", tried: [] });
    expect(healed.told.join("\n")).toMatch(/tiny is not asked: model.ask is denied/);
    expect(model?.prompts).toHaveLength(0);
  });

  it("that is not there is named, and nothing else happens", async () => {
    world = await createWorld({ config: "model:\n  endpoint: http://127.0.0.1:9\n" });
    await world.product("north", FILES, "npm test");
    const healed = await world.heal("north");
    expect(healed.report).toMatchObject({ verdict: "not_fixed" });
    expect(healed.told.join("\n")).toContain("no model answers at http://127.0.0.1:9");
  });
});
