import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { release } from "../../src/pillars/release/release.ts";
import { openArtifacts } from "../../src/swarm/artifacts.ts";
import { imageDigest, imageTags } from "../../src/tools/oci/index.ts";
import type { RunningServer } from "../../src/tools/servers/listen.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";
import { installed, startOciRegistry } from "./servers.ts";

let world: World;
let registry: RunningServer;

beforeAll(async () => {
  world = await releaseWorld({
    front: "packages: [{ ecosystem: docker, path: ., publish: true }]",
    files: {
      Dockerfile:
        'FROM scratch\nLABEL org.opencontainers.image.title="acme/hello" \\\n      org.opencontainers.image.version="0.0.0"\nCOPY hello.txt /hello.txt\nUSER 1000\n',
      "hello.txt": "hello\n",
    },
    accounts: "{ docker: { token_env: ACME_DOCKER } }",
  });
  const trivy = installed("trivy");
  execFileSync(join(trivy, "make-trivy-db"), [join(world.place.root, "trivy")], { input: "[]" });
  const made = { UpdatedAt: new Date().toISOString(), NextUpdate: new Date().toISOString() };
  writeFileSync(join(world.place.root, "trivy", "db", "metadata.json"), JSON.stringify({ Version: 2, ...made }));
  vi.stubEnv("PATH", `${trivy}:${process.env.PATH}`);
  registry = must(await startOciRegistry(join(world.place.root, "registry")));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await registry?.stop();
  await world?.close();
});

const session = () =>
  world.session({
    config: `ship: { registries: { docker_hub: { url: "${registry.url}" } }, security: { trivy_enabled: true, offline: true, trivy_cache_dir: "${join(world.place.root, "trivy")}" } }\n`,
    environment: { ACME_DOCKER: "someone:s3cret-of-theirs" },
  });

describe("images", () => {
  test("are built once, pushed by digest, tagged, read back and pulled", async () => {
    const done = must(await release(await session()));
    const [image] = done.artifacts;
    expect(image).toMatchObject({ ecosystem: "docker", file: "acme-hello-1.0.0.oci.tar" });
    expect(done.published).toMatchObject([{ ecosystem: "docker", already: false, installed: true }]);
    expect(done.scan?.sboms.map(({ name, in: of }) => [name, of])).toEqual([
      ["payments.cdx.json", "source"],
      ["payments.spdx.json", "source"],
      ["acme-hello-1.0.0.cdx.json", image?.file],
      ["acme-hello-1.0.0.spdx.json", image?.file],
    ]);
    const kept = openArtifacts(join(world.place.root, "state", "artifacts"));
    const bill = Buffer.from(must(await kept.read(done.scan?.sboms[2]?.digest as string))).toString("utf8");
    expect(JSON.parse(bill).metadata.component).toMatchObject({
      name: "acme/hello",
      version: "1.0.0",
      purl: `pkg:oci/hello@sha256%3A${image?.manifest}?tag=1.0.0`,
    });
    const statement = Buffer.from(must(await kept.read(done.provenance[0]?.digest as string))).toString("utf8");
    expect(statement).toContain("acme-hello-1.0.0.spdx.json");
    const reader = { url: registry.url };
    expect(must(await imageDigest("acme/hello", "1.0.0", reader))).toBe(image?.manifest);
    expect(must(await imageTags("acme/hello", reader)).sort()).toEqual(["1.0", "1.0.0", "latest"]);
  });
});
