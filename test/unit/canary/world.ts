import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Clock } from "../../../src/core/clock.ts";
import type { Session } from "../../../src/pipeline/session.ts";
import { openRun } from "../../../src/swarm/journal.ts";
import { must, releaseWorld, type SessionOptions, type World } from "../release/world.ts";
import { fakeAnsible } from "./fake-ansible.ts";

export const RULES = `version: 1
rules:
  - id: here
    allow: [service.deploy, service.withdraw, webhook.send]
`;

/** What the metrics server answers about a side in the stretch it is asked about; undefined is a 503. */
export type Health = (side: string) => unknown;
export const WELL: Health = () => ({ requests: 500, errors: 2, ms: [10, 11, 12] });

export interface CanaryWorld {
  readonly world: World;
  readonly clock: Clock & { add(minutes: number): void };
  readonly ansible: ReturnType<typeof fakeAnsible>;
  /** Bodies that the webhook got, with their keys. */
  readonly webhooks: { readonly event: string; readonly key: string }[];
  readonly options: SessionOptions;
  setHealth(health: Health): void;
  open(options?: SessionOptions): Promise<Session>;
  close(): Promise<void>;
}

/** A product with a deployed 1.0.0 and a released 1.1.0, fake servers, metrics and webhook on loopback, and its own clock. */
export async function canaryWorld(ladder: string): Promise<CanaryWorld> {
  const scratch = mkdtempSync(join(tmpdir(), "codemonkeys-"));
  const ansible = fakeAnsible(scratch);
  process.env.PATH = `${ansible.path}${delimiter}${process.env.PATH}`;
  const webhooks: CanaryWorld["webhooks"] = [];
  let health = WELL;
  const server = createServer((request, answer) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname !== "/hook") {
      const said = health(url.searchParams.get("side") ?? "");
      answer.statusCode = said === undefined ? 503 : 200;
      return answer.end(JSON.stringify(said ?? {}));
    }
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      webhooks.push(JSON.parse(Buffer.concat(parts).toString("utf8")));
      answer.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = address && typeof address === "object" ? address.port : 0;
  let now = Date.parse("2026-11-21T12:00:00Z");
  const clock = {
    now: () => now,
    add(minutes: number) {
      now += minutes * 60_000;
    },
  };
  const world = await releaseWorld({
    front: `packages: [{ ecosystem: npm, path: ., publish: true }]
port: 8080
deploy:
  - environment: production
    command: node index.js
    root: ${ansible.root}
    canary:
      health: { url: "http://127.0.0.1:${port}/stats?side={side}&from={from}&to={to}" }
${ladder.trim().replaceAll(/^/gm, "      ")}`,
    files: { "package.json": '{ "name": "payments", "version": "0.0.0" }\n' },
  });
  const options: SessionOptions = {
    clock,
    constitution: RULES,
    config: "ship: { alerts: { webhook_url_env: TELL } }\n",
    environment: { TELL: `http://127.0.0.1:${port}/hook` },
  };
  const open = (more: SessionOptions = {}) => world.session({ ...options, ...more });
  await history(await open(), world.git("rev-parse", "HEAD"), () => clock.add(1));
  return {
    world,
    clock,
    ansible,
    webhooks,
    options,
    setHealth(next) {
      health = next;
    },
    open,
    async close() {
      server.close();
      await world.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** What the journal has after 1.0.0 was released and deployed, and 1.1.0 released. */
async function history(session: Session, commit: string, later: () => void): Promise<void> {
  const request = { company: "acme", product: "payments", requester: "someone", trigger: "person" } as const;
  for (const version of ["1.0.0", "1.1.0"]) {
    later();
    const { digest } = must(await session.artifacts.put(Buffer.from(`archive of ${version}`)));
    const file = { ecosystem: "npm", package: "payments", version, file: `payments-${version}.tgz`, size: 9 };
    const run = must(await openRun(session.swarm, { ...request, kind: "release", key: version, title: "release" }));
    const unit = {
      name: "payments",
      version,
      tag: `v${version}`,
      previous: null,
      bump: "minor",
      commits: 1,
      reasons: [],
      packages: [],
      changelog: { file: "CHANGELOG.md", groups: [] },
      notes: "",
    };
    const plan = { product: "payments", branch: "main", commit, time: 0, date: "2026-11-20", units: [unit] };
    must(await run.step("plan", async () => ({ ok: true, value: plan, warnings: [] })));
    const artifacts = [{ ...file, sha1: "", sha256: digest, sha512: "" }];
    must(await run.step("work", async () => ({ ok: true, value: { artifacts }, warnings: [] })));
    must(await run.finish("succeeded"));
    if (version !== "1.0.0") continue;
    const artifact = { package: "payments", kind: "archive", file: file.file, sha256: digest };
    const deployed = must(await openRun(session.swarm, { ...request, kind: "deploy", key: version, title: "deploy" }));
    must(await deployed.finish("succeeded", { environment: "production", version, rollback: false, artifact }));
  }
}
