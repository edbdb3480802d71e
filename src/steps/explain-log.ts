import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { openController } from "../org/controller.ts";
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
}

/**
 * A file as named; a build of Jenkins by its address; a build of the local runner by its id; or a product's newest
 * build, or the one of it that is named.
 */
export async function findLog(workplace: Workplace, named: string, build?: string): Promise<Outcome<FoundLog>> {
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
      next: "name a file, a product, the id of a build as `codemonkeys status` shows it, or the address of a Jenkins build",
    }),
  );
}

function fileLog(path: string, name = basename(path)): FoundLog {
  return { name, open: () => ({ path }) };
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
