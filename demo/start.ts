/**
 * `npm start`: the whole loop on this machine, with nothing but Node, npm, git and Python. It lays out a fleet, breaks
 * it, and lets the real program heal, release, publish and announce it; each act is a command that can be run again by
 * hand in the demo's folder. `--json` prints one object at the end and nothing else; `--dir` chooses the folder;
 * `--keep-serving` leaves the registries up until Ctrl-C.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import pc from "picocolors";
import {
  commitAndPush,
  configureOrganisation,
  git,
  layOutOrganisation,
  layOutProduct,
  layoutOf,
  PRODUCTS,
  writeLauncher,
} from "./layout.ts";
import { type Progress, resumeOrClean, saveProgress } from "./progress.ts";
import { runCli } from "./run-cli.ts";
import { startServices } from "./services.ts";
import { renderSummary, type Story } from "./summary.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    dir: { type: "string", default: ".demo" },
    "keep-serving": { type: "boolean", default: false },
  },
});
const layout = layoutOf(resolve(values.dir));
const say = (line = "") => {
  if (!values.json) process.stdout.write(`${line}\n`);
};
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort(signal));

const startedAt = performance.now();
const earlier = await resumeOrClean(layout.root);
let progress: Progress = earlier ?? {
  version: 1,
  startedAt: new Date().toISOString(),
  acts: {},
  complete: false,
};
if (earlier)
  say(pc.yellow(`Going on with the run of ${earlier.startedAt}: ${Object.keys(earlier.acts).length} acts are done.`));

/** Runs an act once; a resumed run takes its stored answer. */
async function act<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (name in progress.acts) return progress.acts[name] as T;
  if (interrupted.signal.aborted) throw new Interrupted();
  const value = await work();
  if (interrupted.signal.aborted) throw new Interrupted();
  progress = { ...progress, acts: { ...progress.acts, [name]: value ?? null } };
  await saveProgress(layout.root, progress);
  return value;
}

class Interrupted extends Error {}

const chapter = (text: string) => say(`\n${pc.bold(pc.magenta(text))}`);

async function main(): Promise<number> {
  say(pc.bold("Code Monkeys Ship: a fleet breaks, is healed, released, published and announced, on this machine."));
  say(pc.dim(`Everything it makes lies in ${values.dir}; tools it installs once lie in your cache folder.`));
  chapter("1. Registries and a webhook on loopback");
  const services = await startServices(layout, say);
  try {
    await writeLauncher(layout, services.tokens);
    const cli = (args: readonly string[], options: { in?: string; expect?: readonly number[] } = {}) =>
      runCli(layout, args, { json: values.json, say, signal: interrupted.signal, ...options });

    chapter("2. A fleet: an organisation and three products, as their people left them");
    await act("layout", async () => {
      for (const product of PRODUCTS) await layOutProduct(layout, product);
      await layOutOrganisation(layout);
    });
    // The servers' ports are new with each start; a run that goes on tells the fleet.
    await configureOrganisation(layout, { npm: services.npmUrl, pypi: services.pypiUrl });
    for (const { name } of PRODUCTS)
      say(
        `${pc.green("✔")} ${name}  ${pc.dim(await git(`${layout.products}/${name}`, ["log", "-1", "--format=%h %s"]))}`,
      );
    await act("constitution", () => cli(["constitution", "check"]));

    chapter("3. What people never write: pipelines and documentation skeletons");
    for (const { name } of PRODUCTS) {
      await act(`generate ${name}`, async () => {
        const result = await cli(["generate"], { in: name });
        await git(`${layout.products}/${name}`, ["add", "--all"]);
        await git(`${layout.products}/${name}`, [
          "commit",
          "--quiet",
          "--message",
          "ci: generate the pipeline from the spec",
        ]);
        await git(`${layout.products}/${name}`, ["push", "--quiet", "origin", "main"]);
        return result;
      });
    }

    const story: Story = {
      products: [],
      npmUrl: services.npmUrl,
      pypiUrl: services.pypiUrl,
      webhookLog: services.webhookLog,
    };
    for (const [index, product] of PRODUCTS.entries()) {
      const { name } = product;
      chapter(`${4 + index}. ${name} breaks${index === 1 ? " the same way" : ""}, and is healed`);
      const broken = await act(`break ${name}`, () => commitAndPush(`${layout.products}/${name}`, product.breaking));
      say(`  ${pc.dim(`${product.breaking.author} pushes ${broken.slice(0, 7)}`)}  ${product.breaking.message}`);
      const red = await act(`red ${name}`, () => cli(["run"], { in: name, expect: [1] }));
      const heal = await act(`heal ${name}`, () => cli(["heal"], { in: name }));
      const green = await act(`green ${name}`, () => cli(["run"], { in: name }));
      story.products.push({ name, broken: { commit: broken, message: product.breaking.message }, red, heal, green });
    }

    chapter("7. Release, publish, announce");
    for (const entry of story.products) {
      entry.release = await act(`release ${entry.name}`, () => cli(["release"], { in: entry.name }));
    }

    chapter("8. The end");
    await act("status", () => cli(["status"]));
    await act("audit", () => cli(["audit", "verify"]));
    progress = { ...progress, complete: true };
    await saveProgress(layout.root, progress);
    const minutes = (performance.now() - startedAt) / 60_000;
    if (values.json) process.stdout.write(`${JSON.stringify({ ...story, minutes }, null, 2)}\n`);
    else for (const line of await renderSummary(story, { layout, minutes, dir: values.dir })) say(line);
    if (values["keep-serving"]) {
      say(pc.cyan(`\nServing ${services.npmUrl}, ${services.pypiUrl} and the webhook until Ctrl-C.`));
      await new Promise((resolve) => interrupted.signal.addEventListener("abort", resolve, { once: true }));
    }
    return 0;
  } finally {
    await services.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Interrupted) && !interrupted.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write(pc.yellow("The demo stopped here. npm start goes on from this act.\n"));
    process.exitCode = 1;
  } else {
    process.stderr.write(pc.yellow("\nStopped. npm start goes on from this act.\n"));
    process.exitCode = 130;
  }
}
