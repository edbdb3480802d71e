import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Outcome } from "../../src/core/diagnostic.ts";
import { release } from "../../src/pillars/release/release.ts";
import type { ReleaseResult } from "../../src/pillars/release/report.ts";
import { startPypiserver } from "../../src/tools/servers/pypiserver.ts";
import { startVerdaccio } from "../../src/tools/servers/verdaccio.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { startCargoRegistry, startOciRegistry } from "./servers.ts";

// Five releases, each with playbooks of its own.
vi.setConfig({ testTimeout: 900_000 });

let world: World;
const proxies: Record<"npm" | "pypi" | "cargo" | "docker", FaultProxy> = {} as never;
const stops: (() => Promise<void>)[] = [];
const environment: Record<string, string> = { ACME_CRATES: "cr4te-t0ken", ACME_IMAGES: "publisher:im4ge-t0ken" };

beforeAll(async () => {
  world = await releaseWorld({
    front: `packages:
  - { ecosystem: npm, path: ., publish: true }
  - { ecosystem: pypi, path: python, publish: true }
  - { ecosystem: cargo, path: rust, publish: true }
  - { ecosystem: docker, path: image, publish: true }`,
    files: {
      "package.json": '{\n  "name": "faults",\n  "version": "0.0.0"\n}\n',
      "python/pyproject.toml":
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "faults"\nversion = "0.0.0"\n',
      "python/faults.py": "",
      "rust/Cargo.toml":
        '[package]\nname = "faults"\nversion = "0.0.0"\nedition = "2021"\ndescription = "x"\nlicense = "MIT"\n',
      "rust/src/lib.rs": "",
      "image/Dockerfile": 'FROM scratch\nLABEL org.opencontainers.image.title="acme/faults"\nCOPY a.txt /\n',
      "image/a.txt": "a\n",
    },
    accounts:
      "{ npm: { token_env: ACME_NPM }, pypi: { token_env: ACME_PYPI }, crates_io: { token_env: ACME_CRATES }, docker: { token_env: ACME_IMAGES } }",
  });
  const place = (name: string) => {
    mkdirSync(join(world.place.root, name));
    return join(world.place.root, name);
  };
  const npm = must(await startVerdaccio(place("npm")));
  const pypi = must(await startPypiserver(place("pypi")));
  const cargo = must(await startCargoRegistry(place("cargo")));
  const docker = must(await startOciRegistry(place("docker")));
  environment.ACME_NPM = npm.token;
  environment.ACME_PYPI = `${pypi.username}:${pypi.password}`;
  proxies.npm = await startFaultProxy(npm.url, ({ method }) => method === "PUT");
  proxies.pypi = await startFaultProxy(pypi.url, ({ method }) => method === "POST");
  proxies.cargo = await startFaultProxy(cargo.url, ({ method }) => method === "PUT");
  proxies.docker = await startFaultProxy(docker.url, (seen) => seen.method === "PUT" && seen.path.endsWith("/1.0.0"));
  stops.push(...Object.values(proxies).map(({ stop }) => stop), npm.stop, pypi.stop, cargo.stop, docker.stop);
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await world?.close();
});

async function attempt(): Promise<Outcome<ReleaseResult>> {
  const config = `ship:
  registries:
    npm: { url: "${proxies.npm.url}/" }
    pypi: { url: "${proxies.pypi.url}/" }
    crates_io: { url: "${proxies.cargo.url}/crates" }
    docker_hub: { url: "${proxies.docker.url}" }
`;
  const session = await world.session({ config, environment });
  return await release(session, { patience: { visibleMs: 6_000, retryMs: 1_000 } });
}

/** Why it stopped, and what it lists as kept; `said` is for whoever reads a failing test. */
function stopped(outcome: Outcome<unknown>): { code: string | undefined; kept: string[]; said: string } {
  const diagnostics = outcome.ok ? [] : outcome.diagnostics;
  const listed = diagnostics.find(({ code }) => code === "release.resumable")?.details?.split("\n") ?? [];
  const kept = listed.filter((line) => line.startsWith("kept")).map((line) => line.split(/ +/)[1] ?? "");
  return {
    code: diagnostics[0]?.code,
    kept,
    said: diagnostics.map(({ message, details }) => `${message}\n${details}`).join("\n"),
  };
}

test("a refusal stops the release, what is not published is kept; busy registries and lost replies end in one upload", async () => {
  const busy = { status: 429, retryAfter: 1 };
  proxies.npm.faults.push({ status: 401 });
  const npm = stopped(await attempt());
  expect(npm.code, npm.said).toBe("publish.not_authorised");
  expect(npm.kept.sort()).toEqual([
    "acme-faults-1.0.0.oci.tar",
    "faults-1.0.0-py3-none-any.whl",
    "faults-1.0.0.crate",
    "faults-1.0.0.tar.gz",
    "faults-1.0.0.tgz",
  ]);
  proxies.npm.faults.push(busy, "lose the reply");
  proxies.pypi.faults.push({ status: 403 });
  const pypi = stopped(await attempt());
  expect(pypi.code, pypi.said).toBe("publish.not_authorised");
  expect(pypi.kept).not.toContain("faults-1.0.0.tgz");
  proxies.pypi.faults.push(busy, "none", "lose the reply");
  proxies.cargo.faults.push({ status: 503 });
  const cargo = stopped(await attempt());
  expect(cargo.code, cargo.said).toBe("publish.registry_unwell");
  expect(cargo.kept).toEqual(["faults-1.0.0.crate", "acme-faults-1.0.0.oci.tar"]);
  proxies.cargo.faults.push(busy, "lose the reply");
  proxies.docker.faults.push({ status: 401 });
  const docker = stopped(await attempt());
  // An image's bytes are sent before its tag: what is refused then is a version that does not show.
  expect(docker.code, docker.said).toBe("publish.not_visible");
  expect(docker.said).toContain("Set its tags failed");
  expect(docker.kept).toEqual(["acme-faults-1.0.0.oci.tar"]);
  expect(world.git("ls-remote", "--tags", "origin")).toBe("");
  proxies.docker.faults.push("lose the reply");
  const done = must(await attempt());
  expect(done.tags).toEqual(["v1.0.0"]);
  expect(done.published.map(({ installed }) => installed)).toEqual([true, true, true, true]);
  expect([proxies.npm.taken(), proxies.pypi.taken(), proxies.cargo.taken()]).toEqual([1, 2, 1]);
  // Setting the version's tag again with the same image changes nothing; crane does so when its answer is lost.
  expect(proxies.docker.taken()).toBeLessThanOrEqual(2);
});
