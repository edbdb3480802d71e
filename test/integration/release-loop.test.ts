import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { release } from "../../src/pillars/release/release.ts";
import { npmView } from "../../src/tools/npm/npm.ts";
import { indexFiles } from "../../src/tools/python/index.ts";
import { type PythonIndexServer, startPypiserver } from "../../src/tools/servers/pypiserver.ts";
import { type NpmRegistryServer, startVerdaccio } from "../../src/tools/servers/verdaccio.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../../src/tools/servers/webhook-receiver.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";

let world: World;
let npm: NpmRegistryServer;
let pypi: PythonIndexServer;
let hook: WebhookReceiver;

beforeAll(async () => {
  world = await releaseWorld({
    front: `packages:
  - { ecosystem: npm, path: ., publish: true }
  - { ecosystem: pypi, path: python, publish: true }
announce: [webhook, x]`,
    files: {
      "package.json": '{\n  "name": "payments",\n  "version": "0.0.0",\n  "main": "index.js"\n}\n',
      "index.js": "exports.charge = () => 1;\n",
      "python/pyproject.toml":
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "acme-payments"\nversion = "0.0.0"\n',
      "python/acme_payments.py": "def charge():\n    return 1\n",
    },
    accounts: "{ npm: { token_env: ACME_NPM }, pypi: { token_env: ACME_PYPI } }",
  });
  for (const name of ["npm", "pypi"]) mkdirSync(join(world.place.root, name));
  npm = must(await startVerdaccio(join(world.place.root, "npm")));
  pypi = must(await startPypiserver(join(world.place.root, "pypi")));
  hook = must(await startWebhookReceiver({ file: join(world.place.root, "hooks.jsonl") }));
});

afterAll(async () => {
  await hook?.stop();
  await pypi?.stop();
  await npm?.stop();
  await world?.close();
});

const session = (change: { dryRun?: boolean } = {}) =>
  world.session({
    ...change,
    config: `ship:
  registries:
    npm: { url: "${npm.url}/" }
    pypi: { url: "${pypi.upload}" }
  alerts: { webhook_url_env: HOOK }
`,
    environment: {
      ACME_NPM: npm.token,
      ACME_PYPI: `${pypi.username}:${pypi.password}`,
      HOOK: `${hook.url}/hooks/secret-token-1`,
    },
  });

describe("a release to real registries", () => {
  test("shows its plan without doing anything", async () => {
    const shown = must(await release(await session({ dryRun: true })));
    expect(shown.released).toBe(false);
    expect(shown.effects.map(({ action, answer }) => `${action} ${answer}`)).toEqual([
      "git.commit allow",
      "git.push allow",
      "package.publish allow",
      "secret.read allow",
      "package.publish allow",
      "secret.read allow",
      "release.tag allow",
      "git.push allow",
      "announce.post allow",
    ]);
    expect(world.git("ls-remote", "--tags", "origin")).toBe("");
    expect(must(await npmView("payments", "1.0.0", { registry: npm.url }))).toBeUndefined();
    expect(await hook.received()).toEqual([]);
  });

  test("publishes, tags and announces once", async () => {
    const done = must(await release(await session()));
    expect(done.plan.units[0]).toMatchObject({ version: "1.0.0", tag: "v1.0.0", previous: null });
    expect(world.told()).toContain("done npm 1.0.0 published, read back, sha512 equal, installed");
    expect(world.told()).toContain("done PyPI acme-payments 1.0.0 published, read back, sha256 equal, installed");
    const tarball = done.artifacts.find(({ ecosystem }) => ecosystem === "npm");
    const dist = must(await npmView("payments", "1.0.0", { registry: npm.url }));
    expect(dist?.integrity).toBe(`sha512-${Buffer.from(tarball?.sha512 ?? "", "hex").toString("base64")}`);
    const files = must(await indexFiles("acme-payments", { index: pypi.index }));
    expect(files.map(({ filename }) => filename).sort()).toEqual([
      "acme_payments-1.0.0-py3-none-any.whl",
      "acme_payments-1.0.0.tar.gz",
    ]);
    expect(world.git("ls-remote", "origin", "refs/heads/main")).toContain(done.commit);
    expect(world.git("ls-remote", "origin", "refs/tags/v1.0.0^{}")).toContain(done.commit);
    expect(world.git("log", "-1", "--format=%s%n%(trailers)", "main")).toBe(
      `chore(release): 1.0.0\nRelease-Run: ${done.run}`,
    );
    expect(world.git("status", "--porcelain")).toBe("");
    const [told, ...more] = await hook.received();
    expect(more).toEqual([]);
    expect(JSON.parse(told?.body ?? "")).toMatchObject({
      event: "release",
      version: "1.0.0",
      tag: "v1.0.0",
      product: "payments",
    });
  });

  test("says that there is nothing to release afterwards", async () => {
    const again = must(await release(await session()));
    expect(again).toMatchObject({ released: false, plan: { units: [] } });
  });

  test("goes on from there with the next fix", async () => {
    world.write("index.js", "exports.charge = () => 2;\n");
    world.commit("fix: charge the right amount");
    const done = must(await release(await session()));
    expect(done.plan.units[0]).toMatchObject({ version: "1.0.1", previous: { version: "1.0.0", tag: "v1.0.0" } });
    expect(world.git("show", "main:CHANGELOG.md")).toMatch(
      /## \[1\.0\.1\][\s\S]*charge the right amount[\s\S]*## \[1\.0\.0\]/,
    );
    expect(JSON.parse(world.git("show", "main:package.json"))).toMatchObject({ version: "1.0.1" });
  });
});
