import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type AskOptions,
  askModel,
  modelAvailable,
  promptDigest,
  type Question,
} from "../../src/tools/ollama/ollama.ts";
import { type RunningServer, startOnFreePort } from "../../src/tools/servers/listen.ts";
import { allow, codes, ok } from "../unit/tools/permit.ts";
import { scratchFolder } from "./publish.ts";

const scratch = scratchFolder();
const MODEL = "gemma3-270m";
let server: RunningServer;

beforeAll(async () => {
  // Builds it where it is missing; a moment where it is there.
  const directory = execFileSync("bash", ["scripts/install-ollama.sh"], { encoding: "utf8" }).trim();
  server = ok(
    await startOnFreePort("ollama", {
      cwd: scratch.path,
      logFile: join(scratch.path, "ollama.log"),
      env: { OLLAMA_MODELS: join(directory, "models") },
      commandLine: (port) => ["env", `OLLAMA_HOST=127.0.0.1:${port}`, join(directory, "bin", "ollama"), "serve"],
      readyPath: "/api/version",
    }),
  );
}, 900_000);
afterAll(async () => {
  await server.stop();
  scratch.remove();
});

function ask(question: Question, options: Partial<AskOptions> = {}, model = MODEL) {
  const target = { endpoint: server.url, model, prompt_digest: promptDigest(question) };
  return askModel(allow("model.ask", target), target, question, { maxTokens: 80, timeoutMs: 120_000, ...options });
}

const FORMAT = {
  type: "object",
  properties: { color: { type: "string", enum: ["red", "green"] }, count: { type: "integer" } },
  required: ["color", "count"],
};

test("the model is there, another is not", async () => {
  expect(ok(await modelAvailable(server.url, MODEL)).available).toBe(true);
  expect(ok(await modelAvailable(server.url, "no-such-model")).available).toBe(false);
  expect(codes(await ask({ prompt: "x" }, {}, "no-such-model"))).toEqual(["ollama.no_model"]);
});

test("an answer follows the format, comes in a stream, and is the same for the same question", async () => {
  const seen: number[] = [];
  const question = { prompt: "Which color has grass, and how many?", format: FORMAT };
  const first = ok(await ask(question, { onProgress: (tokens) => seen.push(tokens) }));
  const { color, count } = first.json as { color: string; count: number };
  expect(["red", "green"]).toContain(color);
  expect(Number.isInteger(count)).toBe(true);
  expect(seen.length).toBeGreaterThan(3);
  expect(first.answerTokens).toBeGreaterThan(3);
  expect(ok(await ask(question)).text).toBe(first.text);
});

test("the token budget and the time budget hold", async () => {
  expect(codes(await ask({ prompt: "Count from one to one thousand." }, { maxTokens: 5 }))).toEqual(["ollama.cut_off"]);
  const startedAt = performance.now();
  const slow = await ask({ prompt: "Write a very long story." }, { maxTokens: 4_000, timeoutMs: 1_000 });
  expect(["ollama.timeout", "ollama.cut_off"]).toContain(codes(slow)[0]);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test("the server is free again at once after a cancelled question", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  const question = { prompt: "Write a very long story about a ship." };
  expect(codes(await ask(question, { maxTokens: 4_000, signal: stop.signal }))).toEqual(["ollama.cancelled"]);
  ok(await ask({ prompt: "Say red.", format: FORMAT }));
});
