import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { dirname, join } from "node:path";
import {
  configureOrganisation,
  git,
  type Layout,
  layOutOrganisation,
  layOutProduct,
  layoutOf,
  writeLauncher,
} from "../../../demo/layout.ts";
import type { DemoProduct } from "../../../demo/products/history.ts";
import { sha256 } from "../../../src/core/canonical.ts";
import type { Outcome } from "../../../src/core/diagnostic.ts";
import { runProcess } from "../../../src/core/process.ts";
import { startPypiserver } from "../../../src/tools/servers/pypiserver.ts";
import { startVerdaccio } from "../../../src/tools/servers/verdaccio.ts";

/** A delivery as it arrived. */
export interface Delivery {
  readonly key: string;
  readonly body: string;
}

/**
 * One product with a fleet, an organisation, a registry and a webhook of its own, so that lanes may run side by side.
 * The fleet always lies in the same folder; its states are copies beside it, put back before each case.
 */
export interface Lane {
  readonly product: DemoProduct;
  readonly root: string;
  readonly layout: Layout;
  /** Temporary folder of everything that the lane starts; also tells whose a process is. */
  readonly tmp: string;
  /** The built program. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** Secrets that may be left nowhere. */
  readonly tokens: string[];
  readonly deliveries: Delivery[];
  /** Called with each delivery before it is answered. */
  onDelivery: () => void;
  /** Names of the product's files in its registry. */
  artefacts(): string[];
  /** Files of the product in its registry: name → sha256. */
  published(): Promise<Record<string, string>>;
  save(name: string): Promise<void>;
  /** Puts a saved fleet back, empties the registry and forgets the deliveries. */
  restore(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a lane's servers and lays its fleet out as its people left it, pipeline generated and not yet broken. */
export async function openLane(root: string, program: string, product: DemoProduct): Promise<Lane> {
  const layout = layoutOf(join(root, "fleet"));
  const tmp = join(root, "tmp");
  await mkdir(tmp, { recursive: true });
  const env: Record<string, string> = { CODEMONKEYS_CONFIG_HOME: layout.config, TMPDIR: tmp };
  const deliveries: Delivery[] = [];
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  const lane: Lane = {
    product,
    root,
    layout,
    tmp,
    program,
    env,
    tokens: [],
    deliveries,
    onDelivery: () => {},
    artefacts: () => namesIn(packagesIn(root, product)).filter(isArtefact).sort(),
    published: () => filesOf(packagesIn(root, product)),
    save: (name) => copy(layout.root, join(root, name)),
    async restore(name) {
      for (const folder of [layout.root, tmp]) await rm(folder, { recursive: true, force: true });
      await mkdir(tmp);
      await copy(join(root, name), layout.root);
      await forget(packagesIn(root, product), product);
      deliveries.length = 0;
    },
    stop,
  };
  try {
    const npm = value(await startVerdaccio(join(root, "servers", "npm")));
    stops.push(() => npm.stop());
    const pypi = value(await startPypiserver(join(root, "servers", "pypi"), { onLine: () => {} }));
    stops.push(() => pypi.stop());
    const hook = await receive((delivery) => {
      deliveries.push(delivery);
      lane.onDelivery();
    });
    stops.push(() => closed(hook.server));
    const tokens = {
      HARBOUR_NPM_TOKEN: npm.token,
      HARBOUR_PYPI_TOKEN: `${pypi.username}:${pypi.password}`,
      HARBOUR_WEBHOOK_URL: `${hook.url}/releases`,
    };
    Object.assign(env, tokens);
    lane.tokens.push(npm.token, pypi.password);
    await writeLauncher(layout, tokens);
    await layOutProduct(layout, product);
    await layOutOrganisation(layout);
    await configureOrganisation(layout, { npm: npm.url, pypi: pypi.url });
    return lane;
  } catch (error) {
    await stop();
    throw error;
  }
}

function packagesIn(root: string, product: DemoProduct): string {
  return product.ecosystem === "npm"
    ? join(root, "servers", "npm", "storage", product.name)
    : join(root, "servers", "pypi", "packages");
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of namesIn(folder).filter(isArtefact).sort()) {
    files[name] = sha256(await readFile(join(folder, name)));
  }
  return files;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isArtefact(name: string): boolean {
  return /\.(tgz|whl|tar\.gz)$/.test(name);
}

async function forget(folder: string, product: DemoProduct): Promise<void> {
  if (product.ecosystem === "npm") return void (await rm(folder, { recursive: true, force: true }));
  for (const name of namesIn(folder).filter(isArtefact)) await rm(join(folder, name));
}

/** With times and modes as they are, so that git's index still fits. */
async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  const copied = await runProcess("cp", ["-a", from, to], { cwd: dirname(from), timeoutMs: 120_000 });
  if (copied.exitCode !== 0) throw new Error(copied.stderr);
}

async function receive(take: (delivery: Delivery) => void): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    // The sender may be killed in the middle of its request: then it was not delivered.
    request.on("error", () => response.destroy());
    request.on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      take({ key: String(request.headers["idempotency-key"]), body });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, url: `http://127.0.0.1:${address.port}` };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Commits and pushes the generated pipeline, as a person would. */
export async function pushGenerated(lane: Lane): Promise<void> {
  const path = join(lane.layout.products, lane.product.name);
  await git(path, ["add", "--all"]);
  await git(path, ["commit", "--quiet", "--message", "ci: generate the pipeline from the spec"]);
  await git(path, ["push", "--quiet", "origin", "main"]);
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ message }) => message).join("\n"));
  return outcome.value;
}
