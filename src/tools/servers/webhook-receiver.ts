import { appendFile, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { makeFolder } from "../../core/files.ts";
import { once, type RunningServer } from "./listen.ts";

/** One request as it came. */
export interface ReceivedHook {
  readonly time: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What it was answered with. */
  readonly status: number;
}

export interface WebhookReceiver extends RunningServer {
  /** All that was ever kept in the file, oldest first. */
  received(): Promise<ReceivedHook[]>;
}

export interface ReceiverOptions {
  /** JSONL; appended to. */
  readonly file: string;
  /** Answers of the first requests, in order (status, and headers if any); afterwards 204. */
  readonly answers?: readonly { readonly status: number; readonly headers?: Readonly<Record<string, string>> }[];
}

const MAX_BODY = 1024 * 1024;

/** A receiver of webhooks on loopback that keeps what it gets, for tests and the demo. */
export async function startWebhookReceiver(options: ReceiverOptions): Promise<Outcome<WebhookReceiver>> {
  await makeFolder(dirname(options.file));
  const answers = [...(options.answers ?? [])];
  const app = new Hono();
  app.post("*", bodyLimit({ maxSize: MAX_BODY }), async (context) => {
    const answer = answers.shift() ?? { status: 204 };
    const hook: ReceivedHook = {
      time: new Date().toISOString(),
      path: context.req.path,
      headers: context.req.header(),
      body: await context.req.text(),
      status: answer.status,
    };
    await appendFile(options.file, `${JSON.stringify(hook)}\n`);
    return new Response(null, { status: answer.status, headers: { ...answer.headers } });
  });
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
      resolve(
        succeed({
          url: `http://127.0.0.1:${port}`,
          stop: once(
            () =>
              new Promise((done) => {
                server.close(() => done());
                if ("closeAllConnections" in server) server.closeAllConnections();
              }),
          ),
          received: () => readHooks(options.file),
        }),
      );
    });
    server.once("error", (error) => {
      resolve(
        fail(problem("infrastructure", "servers.not_started", `the webhook receiver cannot listen: ${error.message}`)),
      );
    });
  });
}

async function readHooks(file: string): Promise<ReceivedHook[]> {
  try {
    const text = await readFile(file, "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as ReceivedHook);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
