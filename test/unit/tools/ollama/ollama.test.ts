import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import {
  type AskOptions,
  askModel,
  modelAvailable,
  promptDigest,
  type Question,
} from "../../../../src/tools/ollama/ollama.ts";
import { allow, codes, ok } from "../permit.ts";

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** A server that speaks as much of Ollama's API as `handle` does. */
async function serve(
  handle: (request: IncomingMessage, answer: ServerResponse, body: string) => void,
): Promise<string> {
  const server = createServer((request, answer) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => handle(request, answer, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  running.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const part = (content: string, more: object = {}) =>
  `${JSON.stringify({ model: "m", message: { role: "assistant", content }, done: false, ...more })}\n`;
const last = (more: object = {}) =>
  part("", { done: true, done_reason: "stop", prompt_eval_count: 9, eval_count: 2, ...more });

function ask(endpoint: string, options: Partial<AskOptions> = {}, question: Question = { prompt: "Why?" }) {
  const target = { endpoint, model: "m", prompt_digest: promptDigest(question) };
  return askModel(allow("model.ask", target), target, question, { maxTokens: 50, timeoutMs: 5_000, ...options });
}

describe("askModel", () => {
  test("sends question, format and limits, streams, and hands back text and counts", async () => {
    let sent: Record<string, unknown> = {};
    const url = await serve((_, answer, body) => {
      sent = JSON.parse(body);
      answer.write(part('{"a"'));
      answer.write(part(":1}"));
      answer.end(last());
    });
    const seen: number[] = [];
    const question = { system: "Be brief.", prompt: "Why?", format: { type: "object" } };
    const answer = ok(await ask(url, { onProgress: (tokens) => seen.push(tokens), contextTokens: 4096 }, question));
    expect(answer).toMatchObject({ text: '{"a":1}', json: { a: 1 }, promptTokens: 9, answerTokens: 2 });
    expect(seen).toEqual([1, 2, 3]);
    expect(sent).toMatchObject({
      model: "m",
      format: { type: "object" },
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Why?" },
      ],
      options: { num_predict: 50, temperature: 0, num_ctx: 4096 },
    });
  });

  test("asks only what the permit names", async () => {
    const target = { endpoint: "http://127.0.0.1:1", model: "m", prompt_digest: promptDigest({ prompt: "A" }) };
    const asked = askModel(allow("model.ask", target), target, { prompt: "B" }, { maxTokens: 1, timeoutMs: 1 });
    expect(codes(await asked)).toEqual(["ollama.prompt_differs"]);
  });

  test("no server, no model, a server that fails, one that is none", async () => {
    expect(codes(await ask("http://127.0.0.1:1"))).toEqual(["ollama.unreachable"]);
    const answering = (status: number, text: string) => serve((_, answer) => answer.writeHead(status).end(text));
    expect(codes(await ask(await answering(404, '{"error":"model \\"m\\" not found"}')))).toEqual(["ollama.no_model"]);
    expect(codes(await ask(await answering(500, '{"error":"out of memory"}')))).toEqual(["ollama.failed"]);
    expect(codes(await ask(await answering(200, "<html>hello</html>\n")))).toEqual(["ollama.not_ollama"]);
  });

  test("dead before the first token, too slow after it, cancelled", async () => {
    const silent = await serve(() => {});
    expect(codes(await ask(silent, { firstTokenMs: 100 }))).toEqual(["ollama.too_slow"]);
    const trickle = await serve((_, answer) => {
      answer.write(part("x"));
    });
    expect(codes(await ask(trickle, { firstTokenMs: 200, timeoutMs: 500 }))).toEqual(["ollama.timeout"]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    expect(codes(await ask(trickle, { signal: stop.signal }))).toEqual(["ollama.cancelled"]);
  });

  test("an answer that does not end, is cut off, or breaks off", async () => {
    const endless = await serve((_, answer) => {
      const feed = () => {
        while (!answer.destroyed && answer.write(part("word ")));
      };
      answer.on("drain", feed);
      feed();
    });
    expect(codes(await ask(endless))).toEqual(["ollama.cut_off"]);
    const cut = await serve((_, answer) => answer.end(part("half") + last({ done_reason: "length" })));
    expect(codes(await ask(cut))).toEqual(["ollama.cut_off"]);
    const broken = await serve((_, answer) => answer.end(part("half")));
    expect(codes(await ask(broken))).toEqual(["ollama.broken_off"]);
    const died = await serve((_, answer) => {
      answer.write(part("half"));
      setTimeout(() => answer.destroy(), 20);
    });
    expect(codes(await ask(died))).toEqual(["ollama.broken_off"]);
  });

  test("words where JSON was asked for are nonsense; without a format they are an answer", async () => {
    const url = await serve((_, answer) => answer.end(part("Sure! Here you go") + last()));
    expect(codes(await ask(url, {}, { prompt: "x", format: { type: "object" } }))).toEqual(["ollama.nonsense"]);
    expect(ok(await ask(url)).text).toBe("Sure! Here you go");
  });

  test("redirects are not followed: a prompt does not travel on", async () => {
    let reached = false;
    const other = await serve((_, answer) => {
      reached = true;
      answer.end(last());
    });
    const url = await serve((_, answer) => answer.writeHead(307, { location: `${other}/api/chat` }).end());
    expect(codes(await ask(url))).toEqual(["ollama.unreachable"]);
    expect(reached).toBe(false);
  });
});

describe("modelAvailable", () => {
  test("knows names without a tag, and the server's absence", async () => {
    const url = await serve((_, answer) =>
      answer.end(JSON.stringify({ models: [{ name: "tiny:latest" }, { name: "big:7b" }] })),
    );
    expect(ok(await modelAvailable(url, "tiny"))).toEqual({ available: true, models: ["tiny:latest", "big:7b"] });
    expect(ok(await modelAvailable(url, "big")).available).toBe(false);
    expect(codes(await modelAvailable("http://127.0.0.1:1", "tiny"))).toEqual(["ollama.unreachable"]);
    const other = await serve((_, answer) => answer.end("[]"));
    expect(codes(await modelAvailable(other, "tiny"))).toEqual(["ollama.not_ollama"]);
    const hanging = await serve(() => {});
    expect(codes(await modelAvailable(hanging, "tiny", { timeoutMs: 100 }))).toEqual(["ollama.timeout"]);
  });
});
