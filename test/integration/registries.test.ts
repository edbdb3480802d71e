import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkPlaybook, type PlaybookOptions, runPlaybook } from "../../src/tools/ansible/ansible.ts";
import { npmInstallCheck, npmPack, npmVersions, npmView } from "../../src/tools/npm/npm.ts";
import {
  buildPython,
  ensureTwine,
  indexFiles,
  installPythonCheck,
  versionOfFile,
} from "../../src/tools/python/index.ts";
import { type PythonIndexServer, startPypiserver } from "../../src/tools/servers/pypiserver.ts";
import { type NpmRegistryServer, startVerdaccio } from "../../src/tools/servers/verdaccio.ts";
import { allow, codes, ok } from "../unit/tools/permit.ts";
import { npmPackage, pythonPackage, scratchFolder, textOf } from "./publish.ts";

const scratch = scratchFolder();
afterAll(() => scratch.remove());

async function publish(ecosystem: string, registry: string, version: string, options: PlaybookOptions) {
  const target = { ecosystem, registry, name: "refunds", version, digest: "0".repeat(64) };
  return runPlaybook(allow("package.publish", target), "package.publish", target, options);
}

describe("npm: the playbook against verdaccio", () => {
  let registry: NpmRegistryServer;
  beforeAll(async () => {
    registry = ok(await startVerdaccio(join(scratch.path, "verdaccio")));
  });
  afterAll(() => registry.stop());

  const pack = async (version: string, text?: string) =>
    ok(
      await npmPack({
        directory: npmPackage(scratch.path, version, text),
        outDirectory: join(scratch.path, `out-${Math.random().toString(36).slice(2)}`),
      }),
    );
  const options = (tarball: string, version: string, logFile = join(scratch.path, "npm.log")): PlaybookOptions => ({
    playbook: "playbooks/publish-npm.yml",
    inventory: "playbooks/inventory/localhost.yml",
    extraVars: {
      package_name: "@acme/refunds",
      package_version: version,
      package_tarball: tarball,
      package_registry: registry.url,
      package_readback_delay: 1,
    },
    secrets: { NPM_TOKEN: registry.token },
    logFile,
  });
  const view = (version: string) => npmView("@acme/refunds", version, { registry: registry.url });

  test("check mode says what it would do and publishes nothing", async () => {
    const packed = await pack("1.0.0");
    const report = ok(await checkPlaybook(options(packed.path, "1.0.0")));
    expect(report.changed).toBe(true);
    expect(report.data.published).toBe(false);
    expect(ok(await view("1.0.0"))).toBeUndefined();
  });

  test("publishes once, reads back the same digest, and a second run changes nothing", async () => {
    const packed = await pack("1.0.0");
    const first = ok(await publish("npm", registry.url, "1.0.0", options(packed.path, "1.0.0")));
    expect(first).toMatchObject({ changed: true, data: { published: true, integrity: packed.integrity } });
    expect(ok(await view("1.0.0"))?.integrity).toBe(packed.integrity);
    const second = ok(await publish("npm", registry.url, "1.0.0", options(packed.path, "1.0.0")));
    expect(second).toMatchObject({ changed: false, data: { published: false } });
    expect(ok(await npmVersions("@acme/refunds", { registry: registry.url }))).toEqual(["1.0.0"]);
    ok(await npmInstallCheck({ name: "@acme/refunds", version: "1.0.0", registry: registry.url, load: true }));
    expect(textOf(join(scratch.path, "npm.log"))).not.toContain(registry.token);
  });

  test("refuses to replace a version by other bytes", async () => {
    const other = await pack("1.0.0", "export const answer = 43;\n");
    const refused = await publish("npm", registry.url, "1.0.0", options(other.path, "1.0.0"));
    expect(codes(refused)).toEqual(["ansible.task_failed"]);
    const [diagnostic] = refused.ok ? [] : refused.diagnostics;
    expect(diagnostic?.message).toContain("published already with other bytes");
    expect(diagnostic?.where?.file).toMatch(/playbooks\/publish-npm\.yml$/);
    expect(diagnostic?.where?.line).toBeGreaterThan(1);
  });

  test("a wrong token fails at the publish task, and shows the token nowhere", async () => {
    const packed = await pack("1.1.0");
    const log = join(scratch.path, "wrong-token.log");
    const wrong = { ...options(packed.path, "1.1.0", log), secrets: { NPM_TOKEN: "wr0ng-token-value" } };
    const refused = await publish("npm", registry.url, "1.1.0", wrong);
    expect(codes(refused)).toEqual(["ansible.task_failed"]);
    expect(JSON.stringify(refused)).toContain("Publish the package");
    expect(JSON.stringify(refused) + textOf(log)).not.toContain("wr0ng-token-value");
    expect(ok(await view("1.1.0"))).toBeUndefined();
  });

  test("a missing variable is told by name", async () => {
    const packed = await pack("1.2.0");
    const { package_name: _, ...rest } = options(packed.path, "1.2.0").extraVars as Record<string, string>;
    const refused = await publish("npm", registry.url, "1.2.0", { ...options(packed.path, "1.2.0"), extraVars: rest });
    expect(JSON.stringify(refused)).toContain("package_name");
  });

  test("a package that does not load is told apart from one that does not install", async () => {
    const packed = await pack("2.0.0", "throw new Error('broken');\n");
    ok(await publish("npm", registry.url, "2.0.0", options(packed.path, "2.0.0")));
    const where = { name: "@acme/refunds", registry: registry.url, load: true };
    expect(codes(await npmInstallCheck({ ...where, version: "2.0.0" }))).toEqual(["npm.load_failed"]);
    expect(codes(await npmInstallCheck({ ...where, version: "9.0.0" }))).toEqual(["npm.install_check_failed"]);
  });

  test("a registry that is not there, and a name that is none", async () => {
    expect(codes(await npmView("x", "1.0.0", { registry: "http://127.0.0.1:1/" }))).toEqual(["npm.unreachable"]);
    expect(codes(await npmView("--registry=http://evil", "1.0.0", { registry: registry.url }))).toEqual([
      "npm.bad_name",
    ]);
  });

  test("prepack scripts run without network and without the person's keys", async () => {
    const directory = npmPackage(scratch.path, "3.0.0");
    const manifest = {
      name: "@acme/refunds",
      version: "3.0.0",
      scripts: { prepack: `node -e "fetch('${registry.url}').then(() => process.exit(0), () => process.exit(7))"` },
    };
    writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
    const refused = await npmPack({ directory, outDirectory: join(scratch.path, "no-network") });
    expect(codes(refused)).toEqual(["npm.pack_failed"]);
    ok(await npmPack({ directory, outDirectory: join(scratch.path, "network"), network: "host" }));
  });
});

describe("Python: the playbook against pypiserver", () => {
  let index: PythonIndexServer;
  let twine: string;
  beforeAll(async () => {
    index = ok(await startPypiserver(join(scratch.path, "pypiserver")));
    twine = ok(await ensureTwine());
  });
  afterAll(() => index.stop());

  const build = async (version: string, text?: string) =>
    ok(
      await buildPython({
        directory: pythonPackage(scratch.path, version, text),
        outDirectory: join(scratch.path, `dist-${Math.random().toString(36).slice(2)}`),
        sourceDateEpoch: 1_700_000_000,
      }),
    );
  const options = (
    files: { path: string }[],
    version: string,
    logFile = join(scratch.path, "pypi.log"),
  ): PlaybookOptions => ({
    playbook: "playbooks/publish-pypi.yml",
    inventory: "playbooks/inventory/localhost.yml",
    extraVars: {
      package_name: "acme_refunds",
      package_version: version,
      package_files: files.map(({ path }) => path),
      package_registry: index.upload,
      package_index: index.index,
      package_twine: twine,
      package_readback_delay: 1,
    },
    secrets: { PYPI_TOKEN: `${index.username}:${index.password}` },
    logFile,
  });
  const onIndex = async (version: string) =>
    ok(await indexFiles("acme_refunds", { index: index.index })).filter(
      ({ filename }) => versionOfFile(filename, "acme-refunds") === version,
    );

  test("the same sources build to the same bytes", async () => {
    const [one, two] = [await build("1.0.0"), await build("1.0.0")];
    expect(one.map(({ sha256 }) => sha256)).toEqual(two.map(({ sha256 }) => sha256));
    expect(one.map(({ filename }) => filename)).toEqual([
      "acme_refunds-1.0.0-py3-none-any.whl",
      "acme_refunds-1.0.0.tar.gz",
    ]);
  });

  test("check mode uploads nothing; then it uploads once, reads back, installs, and a second run changes nothing", async () => {
    const files = await build("1.0.0");
    expect(ok(await checkPlaybook(options(files, "1.0.0"))).changed).toBe(true);
    expect(await onIndex("1.0.0")).toEqual([]);
    const first = ok(await publish("pypi", index.upload, "1.0.0", options(files, "1.0.0")));
    expect(first.changed).toBe(true);
    expect((await onIndex("1.0.0")).map(({ sha256 }) => sha256).sort()).toEqual(
      files.map(({ sha256 }) => sha256).sort(),
    );
    const second = ok(await publish("pypi", index.upload, "1.0.0", options(files, "1.0.0")));
    expect(second).toMatchObject({ changed: false, data: { published: [] } });
    const check = { project: "acme-refunds", version: "1.0.0", index: index.index };
    ok(await installPythonCheck({ ...check, importName: "acme_refunds" }));
    expect(codes(await installPythonCheck({ ...check, importName: "not_there" }))).toEqual(["python.import_failed"]);
    expect(codes(await installPythonCheck({ ...check, version: "7.0.0" }))).toEqual(["python.install_check_failed"]);
    expect(textOf(join(scratch.path, "pypi.log"))).not.toContain(index.password);
  });

  test("after half an upload only what is missing is uploaded", async () => {
    const files = await build("1.1.0");
    ok(await publish("pypi", index.upload, "1.1.0", options(files.slice(0, 1), "1.1.0")));
    const rest = ok(await publish("pypi", index.upload, "1.1.0", options(files, "1.1.0")));
    expect(rest.data.published).toEqual([files[1]?.filename]);
  });

  test("refuses to replace a file by other bytes", async () => {
    const other = await build("1.0.0", "ANSWER = 43\n");
    const refused = await publish("pypi", index.upload, "1.0.0", options(other, "1.0.0"));
    expect(codes(refused)).toEqual(["ansible.task_failed"]);
    expect(JSON.stringify(refused)).toContain("published already with other bytes");
  });

  test("a wrong password fails and shows itself nowhere", async () => {
    const files = await build("1.2.0");
    const log = join(scratch.path, "wrong-password.log");
    const wrong = { ...options(files, "1.2.0", log), secrets: { PYPI_TOKEN: "publisher:wr0ng-password" } };
    const refused = await publish("pypi", index.upload, "1.2.0", wrong);
    expect(codes(refused)).toEqual(["ansible.task_failed"]);
    expect(JSON.stringify(refused) + textOf(log)).not.toContain("wr0ng-password");
    expect(await onIndex("1.2.0")).toEqual([]);
  });

  test("an index that does not know the project, is not there, or talks nonsense", async () => {
    expect(ok(await indexFiles("never-heard-of", { index: index.index }))).toEqual([]);
    expect(codes(await indexFiles("x", { index: "http://127.0.0.1:1/simple/" }))).toEqual(["http.unreachable"]);
    expect(codes(await indexFiles("../../etc", { index: index.index }))).toEqual(["python.bad_name"]);
  });

  test("a package that does not build is told with the backend's words, and its build has no network", async () => {
    const directory = pythonPackage(scratch.path, "4.0.0");
    writeFileSync(join(directory, "setup.py"), `import urllib.request\nurllib.request.urlopen("${index.url}")\n`);
    mkdirSync(join(directory, "dist"));
    const refused = await buildPython({ directory, outDirectory: join(scratch.path, "dist-4") });
    expect(codes(refused)).toEqual(["python.build_failed"]);
    expect(JSON.stringify(refused)).toContain("urlopen error");
  });
});
