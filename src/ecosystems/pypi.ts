import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import {
  buildPython,
  ensureTwine,
  indexFiles,
  installPythonCheck,
  pipIndex,
  versionOfFile,
} from "../tools/python/index.ts";
import type { Ecosystem, PackageQuery, PublishedFile } from "./ecosystem.ts";
import { inFolder, within } from "./paths.ts";
import { normalizedVersion, toPep440 } from "./pep440.ts";
import { bumpPython, readPythonManifest } from "./python-manifest.ts";

const MANIFESTS = ["pyproject.toml", "setup.py", "setup.cfg"];

export const pypi: Ecosystem = {
  id: "pypi",
  title: "PyPI",
  account: "pypi",
  registryOption: "ship.registries.pypi",
  async detect(tree, path) {
    for (const name of MANIFESTS) if ((await tree.read(within(path, name))) !== undefined) return true;
    return false;
  },
  async defaultStages(tree, path) {
    const files = await tree.list();
    const tests = files.some(
      (file) => file.startsWith(within(path, "")) && /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(file),
    );
    const pyproject = (await tree.read(within(path, "pyproject.toml"))) ?? "";
    const usesPytest = /^\[tool\.pytest\b|["']pytest\b/m.test(pyproject) || files.includes(within(path, "pytest.ini"));
    return tests ? { test: inFolder(path, `python3 -m ${usesPytest ? "pytest" : "unittest discover"}`) } : {};
  },
  readManifest: readPythonManifest,
  spell: toPep440,
  bump: bumpPython,
  async build(context) {
    const spelled = toPep440(context.version);
    if (!spelled.ok) return spelled;
    const built = await buildPython({
      directory: join(context.root, context.path),
      outDirectory: context.out,
      sourceDateEpoch: context.epoch,
      logFile: context.logFile,
      redactor: context.redactor,
      signal: context.signal,
      homes: context.homes,
    });
    if (!built.ok) return built;
    const files = built.value.map(({ filename }) => filename);
    const wrong = files.find((file) => !isVersion(file, context.name, spelled.value));
    if (wrong === undefined) return succeed(files);
    return fail(
      problem(
        "product",
        "pypi.other_version",
        `the build made ${wrong}, not a file of ${context.name} ${spelled.value}`,
        {
          next: "name the version in pyproject.toml, or let __version__ be where it is named",
        },
      ),
    );
  },
  async published(query) {
    const spelled = toPep440(query.version);
    if (!spelled.ok) return spelled;
    const files = await indexFiles(query.name, { index: indexAddress(query.url, query.token), signal: query.signal });
    if (!files.ok) return files;
    const mine = files.value.filter(({ filename }) => isVersion(filename, query.name, spelled.value));
    if (mine.length === 0) return succeed(undefined);
    const told: PublishedFile[] = [];
    for (const { filename, sha256 } of mine) {
      if (sha256 === undefined) {
        return fail(problem("infrastructure", "pypi.no_digest", `the index tells no SHA-256 of ${filename}`));
      }
      told.push({ file: filename, algorithm: "sha256", digest: sha256 });
    }
    return succeed(told);
  },
  installCheck(query): Promise<Outcome<void>> {
    const spelled = toPep440(query.version);
    if (!spelled.ok) return Promise.resolve(spelled);
    return installPythonCheck({
      project: query.name,
      version: spelled.value,
      index: indexAddress(query.url, undefined),
      signal: query.signal,
    });
  },
  async registry({ url }) {
    return url === undefined ? await pipIndex() : succeed(url);
  },
  async publishPlan({ name, version, url, files, signal }) {
    const twine = await ensureTwine({ signal });
    if (!twine.ok) return twine;
    return succeed({
      playbook: "publish-pypi",
      vars: {
        package_name: name,
        package_version: version,
        package_files: files,
        package_twine: twine.value,
        ...(url === undefined
          ? {}
          : { package_registry: uploadAddress(url), package_index: indexAddress(url, undefined) as string }),
      },
      tokenVariable: "PYPI_TOKEN",
    });
  },
};

/** Whether the index marks every file of a version as yanked; undefined when it shows none of it. */
export async function yankedOnIndex(query: PackageQuery): Promise<Outcome<boolean | undefined>> {
  const spelled = toPep440(query.version);
  if (!spelled.ok) return spelled;
  const files = await indexFiles(query.name, { index: indexAddress(query.url, query.token), signal: query.signal });
  if (!files.ok) return files;
  const mine = files.value.filter(({ filename }) => isVersion(filename, query.name, spelled.value));
  return succeed(mine.length === 0 ? undefined : mine.every(({ yanked }) => yanked));
}

function isVersion(file: string, name: string, version: string): boolean {
  const found = versionOfFile(file, name);
  return found !== undefined && normalizedVersion(found) === normalizedVersion(version);
}

/**
 * Where an index of a configured address is read. Upload address and simple API lie side by side in the indexes people
 * run (pypiserver, Nexus, Artifactory, GitLab): `URL` takes uploads, `URL/simple/` answers pip.
 */
function indexAddress(url: string | undefined, token: PackageQuery["token"]): string | undefined {
  if (url === undefined) return undefined;
  const base = url.replace(/\/+$/, "");
  const index = base.endsWith("/simple") ? `${base}/` : `${base}/simple/`;
  if (token === undefined || !token.includes(":")) return index;
  // `user:password`, for indexes that ask readers too.
  const address = new URL(index);
  const at = token.indexOf(":");
  address.username = encodeURIComponent(token.slice(0, at));
  address.password = encodeURIComponent(token.slice(at + 1));
  return address.href;
}

function uploadAddress(url: string): string {
  return `${url.replace(/\/+$/, "").replace(/\/simple$/, "")}/`;
}
