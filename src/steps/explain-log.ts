import { createWriteStream, existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { openController } from "../org/controller.ts";
import { nearestProduct } from "../org/product.ts";
import type { LogSource } from "../pillars/heal/read/index.ts";
import { WHOLE_LOG } from "../pipeline/local/records.ts";
import type { Workplace } from "../pipeline/session.ts";
import { buildLog } from "../tools/jenkins/builds.ts";

/** A log that can be read as often as need be. */
export interface FoundLog {
  /** How people know it: a file's name, a build's address. */
  readonly name: string;
  readonly open: () => LogSource;
  /** Where the build's log is shown to people. */
  readonly link?: string;
  /** Called when it has been read for the last time. */
  readonly close?: () => Promise<void>;
}

/**
 * A file as named; what comes on standard input for `-`; a build of Jenkins by its address; a build of the local runner
 * by its id; a product's newest build, or the one of it that is named; without a name, the product's around `cwd`.
 */
export async function findLog(
  workplace: Workplace,
  name: string | undefined,
  build?: string,
): Promise<Outcome<FoundLog>> {
  const named = name ?? (await nearestProduct(workplace.cwd))?.name;
  if (named === undefined) return noLog("no log is named, and no product lies around this folder");
  if (named === "-") return succeed(await givenLog());
  if (/^https?:\/\//.test(named)) return await jenkinsLog(workplace, named);
  const file = resolve(workplace.cwd, named);
  if (build === undefined && existsSync(file) && statSync(file).isFile()) return succeed(fileLog(file));
  const builds = join(workplace.homes.state, "builds");
  if (/^[\w.-]+$/.test(named) && existsSync(builds)) {
    if (existsSync(join(builds, named)) && named !== ".." && named !== ".") {
      const kept = logOfProduct(join(builds, named), build);
      if (kept !== undefined) return succeed(fileLog(kept, `${named} ${basename(join(kept, ".."))}`));
      return noLog(
        build === undefined ? `no build of ${named} kept a log` : `${named} has no build ${build} with a log`,
      );
    }
    for (const product of readdirSync(builds)) {
      const kept = join(builds, product, named, WHOLE_LOG);
      if (existsSync(kept)) return succeed(fileLog(kept));
    }
  }
  return noLog(`there is no log ${named}`);
}

function noLog<T>(message: string): Outcome<T> {
  return fail(
    problem("config", "explain.no_log", message, {
      next: "name a file, - for standard input, a product, the id of a build as `codemonkeys status` shows it, or the address of a Jenkins build",
    }),
  );
}

function fileLog(path: string, name = basename(path)): FoundLog {
  return { name, open: () => ({ path }) };
}

/** Standard input, kept in a file while it is read: a log is gone through more than once, and may be larger than memory. */
async function givenLog(): Promise<FoundLog> {
  const folder = await mkdtemp(join(tmpdir(), "codemonkeys-log-"));
  const path = join(folder, "log");
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    await close();
    throw error;
  }
  return { ...fileLog(path, "standard input"), close };
}

/** The whole log of one build, or of the newest that has one. */
function logOfProduct(folder: string, build: string | undefined): string | undefined {
  const logs = readdirSync(folder)
    .filter((id) => build === undefined || id === build)
    .map((id) => join(folder, id, WHOLE_LOG))
    .filter((path) => existsSync(path));
  return logs.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

async function jenkinsLog(workplace: Workplace, url: string): Promise<Outcome<FoundLog>> {
  const root = /^(https?:\/\/.+?\/)(?=job\/)/.exec(url)?.[1];
  if (root === undefined) {
    return fail(
      problem("config", "explain.no_build", `${url} is no address of a Jenkins build`, {
        next: "name it as BUILD_URL has it: https://jenkins.example/job/NAME/12/",
      }),
    );
  }
  const environment = { ...workplace.environment, JENKINS_URL: workplace.environment.JENKINS_URL ?? root };
  const jenkins = openController({ ...workplace, environment }, `the log of ${url} cannot be read`);
  if (!jenkins.ok) return jenkins;
  const text = await buildLog(jenkins.value, url);
  if (!text.ok) return text;
  const bytes = Buffer.from(text.value);
  const link = `${url.replace(/\/*$/, "/")}console`;
  return succeed({
    name: url,
    link,
    async *open() {
      yield bytes;
    },
  });
}
