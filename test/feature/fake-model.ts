import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that speaks Ollama's wire and answers from a list; the last answer is given again and again. */
export interface FakeModel {
  readonly url: string;
  readonly prompts: string[];
  close(): Promise<void>;
}

/** @param answers texts in turn, or a function of the prompt. */
export async function startModel(answers: readonly string[] | ((prompt: string) => string)): Promise<FakeModel> {
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
      const content =
        typeof answers === "function"
          ? answers(prompts.at(-1) ?? "")
          : (answers[Math.min(prompts.length, answers.length) - 1] ?? "");
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
