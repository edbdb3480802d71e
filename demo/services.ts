import { join } from "node:path";
import pc from "picocolors";
import type { Outcome } from "../src/core/diagnostic.ts";
import { startPypiserver } from "../src/tools/servers/pypiserver.ts";
import { startVerdaccio } from "../src/tools/servers/verdaccio.ts";
import { startWebhookReceiver } from "../src/tools/servers/webhook-receiver.ts";
import type { Layout } from "./layout.ts";

/** The demo's own npm registry, Python index and webhook: real servers, on loopback, ended with the demo. */
export interface Services {
  readonly npmUrl: string;
  /** Base address of the Python index; uploads go to it, readers use `<url>/simple`. */
  readonly pypiUrl: string;
  readonly webhookUrl: string;
  /** File in which the webhook keeps what it receives. */
  readonly webhookLog: string;
  /** Values of the variables that fleet.yaml names. */
  readonly tokens: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startServices(layout: Layout, say: (line?: string) => void): Promise<Services> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const server of started.reverse()) await server.stop();
  };
  const up = async <T extends { stop(): Promise<void>; readonly url: string }>(
    name: string,
    starting: Promise<Outcome<T>>,
  ): Promise<T> => {
    const outcome = await starting;
    if (!outcome.ok) {
      await stop();
      throw new Error(
        outcome.diagnostics.map(({ message, next }) => `${message}${next ? ` (${next})` : ""}`).join("\n"),
      );
    }
    started.push(outcome.value);
    say(`${pc.green("✔")} ${name}  ${pc.dim(outcome.value.url)}`);
    return outcome.value;
  };
  const webhookLog = join(layout.root, "servers", "announcements.jsonl");
  const npm = await up("npm registry (verdaccio)", startVerdaccio(join(layout.root, "servers", "npm")));
  const pypi = await up(
    "Python index (pypiserver)",
    startPypiserver(join(layout.root, "servers", "pypi"), { onLine: () => {} }),
  );
  const webhook = await up("webhook", startWebhookReceiver({ file: webhookLog }));
  return {
    npmUrl: npm.url,
    pypiUrl: pypi.url,
    webhookUrl: webhook.url,
    webhookLog,
    tokens: {
      HARBOUR_NPM_TOKEN: npm.token,
      // An index with user names takes `user:password` where PyPI itself takes a token.
      HARBOUR_PYPI_TOKEN: `${pypi.username}:${pypi.password}`,
      HARBOUR_WEBHOOK_URL: `${webhook.url}/releases`,
    },
    stop,
  };
}
