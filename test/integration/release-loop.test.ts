import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { release } from "../../src/pillars/release/release.ts";
import { npmView } from "../../src/tools/npm/npm.ts";
import { imageDigest, imageTags } from "../../src/tools/oci/index.ts";
import { indexFiles } from "../../src/tools/python/index.ts";
import type { RunningServer } from "../../src/tools/servers/listen.ts";
import { type PythonIndexServer, startPypiserver } from "../../src/tools/servers/pypiserver.ts";
import { type NpmRegistryServer, startVerdaccio } from "../../src/tools/servers/verdaccio.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../../src/tools/servers/webhook-receiver.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";
import { installed, startCargoRegistry, startOciRegistry } from "./servers.ts";

// Four registries, each with playbooks, builds and installs of its own.
vi.setConfig({ testTimeout: 600_000 });

let world: World;
let npm: NpmRegistryServer;
let pypi: PythonIndexServer;
let crates: RunningServer;
let images: RunningServer;
let hook: WebhookReceiver;

beforeAll(async () => {
  world = await releaseWorld({
    front: `packages:
  - { ecosystem: npm, path: ., publish: true }
  - { ecosystem: pypi, path: python, publish: true }
  - { ecosystem: cargo, path: rust, publish: true }
  - { ecosystem: docker, path: image, publish: true }
announce: [webhook, x]`,
    files: {
      "package.json": '{\n  "name": "payments",\n  "version": "0.0.0",\n  "main": "index.js"\n}\n',
      "index.js": "exports.charge = () => 1;\n",
      "python/pyproject.toml":
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "acme-payments"\nversion = "0.0.0"\n',
      "python/acme_payments.py": "def charge():\n    return 1\n",
      "rust/Cargo.toml":
        '[package]\nname = "acme-payments"\nversion = "0.0.0"\nedition = "2021"\ndescription = "x"\nlicense = "MIT"\n',
      "rust/src/main.rs": 'fn main() {\n    println!("{}", env!("CARGO_PKG_VERSION"));\n}\n',
      "image/Dockerfile": 'FROM scratch\nLABEL org.opencontainers.image.title="acme/payments"\nCOPY charge.txt /\n',
      "image/charge.txt": "1\n",
    },
    accounts:
      "{ npm: { token_env: ACME_NPM }, pypi: { token_env: ACME_PYPI }, crates_io: { token_env: ACME_CRATES }, docker: { token_env: ACME_IMAGES } }",
  });
  for (const name of ["npm", "pypi"]) mkdirSync(join(world.place.root, name));
  npm = must(await startVerdaccio(join(world.place.root, "npm")));
  pypi = must(await startPypiserver(join(world.place.root, "pypi")));
  crates = must(await startCargoRegistry(join(world.place.root, "crates")));
  images = must(await startOciRegistry(join(world.place.root, "images")));
  hook = must(await startWebhookReceiver({ file: join(world.place.root, "hooks.jsonl") }));
});

afterAll(async () => {
  await hook?.stop();
  await images?.stop();
  await crates?.stop();
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
    crates_io: { url: "${crates.url}/git" }
    docker_hub: { url: "${images.url}" }
  alerts: { webhook_url_env: HOOK }
`,
    environment: {
      ACME_NPM: npm.token,
      ACME_PYPI: `${pypi.username}:${pypi.password}`,
      ACME_CRATES: "cr4te-t0ken",
      ACME_IMAGES: "publisher:im4ge-t0ken",
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
      ...Array.from({ length: 4 }, () => ["package.publish allow", "secret.read allow"]).flat(),
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
    expect(world.told()).toContain("done crates.io acme-payments 1.0.0 published, read back, sha256 equal, installed");
    const image = done.artifacts.find(({ ecosystem }) => ecosystem === "docker");
    expect(must(await imageDigest("acme/payments", "1.0.0", { url: images.url }))).toBe(image?.manifest);
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

  test("a fix and a feature make 1.1.0, which each registry's own client installs", async () => {
    world.write("index.js", "exports.charge = () => 2;\n");
    world.commit("fix: charge the right amount");
    world.write("python/acme_payments.py", "def charge():\n    return 2\n");
    world.commit("feat: charge from Python");
    const done = must(await release(await session()));
    expect(done.plan.units[0]).toMatchObject({ version: "1.1.0", previous: { version: "1.0.0", tag: "v1.0.0" } });
    expect(done.published.map(({ ecosystem, already }) => `${ecosystem} ${already}`)).toEqual([
      "npm false",
      "pypi false",
      "cargo false",
      "docker false",
    ]);
    expect(world.git("show", "main:CHANGELOG.md")).toMatch(
      /## \[1\.1\.0\][\s\S]*charge the right amount[\s\S]*## \[1\.0\.0\]/,
    );
    expect(JSON.parse(world.git("show", "main:package.json"))).toMatchObject({ version: "1.1.0" });
    expect(world.git("show", "main:rust/Cargo.toml")).toContain('version = "1.1.0"');
    const place = join(world.place.root, "user");
    mkdirSync(place);
    const run = (command: string, args: string[], env: Record<string, string> = {}) =>
      execFileSync(command, args, {
        cwd: place,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...env },
      }).trim();
    writeFileSync(join(place, "package.json"), "{}");
    run("npm", ["install", "--no-audit", "--no-fund", `--registry=${npm.url}`, "payments"]);
    expect(run("node", ["-p", "require('payments').charge()"])).toBe("2");
    run("python3", ["-m", "pip", "install", "-q", "--target", "py", "--index-url", pypi.index, "acme-payments"]);
    expect(run("python3", ["-c", "import acme_payments; print(acme_payments.charge())"], { PYTHONPATH: "py" })).toBe(
      "2",
    );
    run("cargo", ["install", "-q", "--index", `${crates.url}/git`, "--root", "rust", "acme-payments"], {
      CARGO_NET_GIT_FETCH_WITH_CLI: "true",
    });
    expect(run(join(place, "rust", "bin", "acme-payments"), [])).toBe("1.1.0");
    const buildah = join(installed("buildah"), "buildah");
    const storage = ["--storage-driver", "vfs", "--root", join(place, "storage"), "--runroot", join(place, "run")];
    const pulled = `docker://${images.url.replace("http://", "")}/acme/payments:latest`;
    run(buildah, [...storage, "pull", "-q", "--tls-verify=false", pulled]);
    const seen = JSON.parse(run(buildah, [...storage, "images", "--json"])) as { names: string[]; digest: string }[];
    const image = done.artifacts.find(({ ecosystem }) => ecosystem === "docker");
    expect(seen[0]?.digest).toBe(`sha256:${image?.manifest}`);
    expect(must(await imageTags("acme/payments", { url: images.url })).sort()).toEqual([
      "1.0",
      "1.0.0",
      "1.1",
      "1.1.0",
      "latest",
    ]);
  });
});
