import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { release } from "../../src/pillars/release/release.ts";
import { imageDigest, imageTags } from "../../src/tools/oci/index.ts";
import type { RunningServer } from "../../src/tools/servers/listen.ts";
import { must, releaseWorld, type World } from "../unit/release/world.ts";
import { startOciRegistry } from "./servers.ts";

let world: World;
let registry: RunningServer;

beforeAll(async () => {
  world = await releaseWorld({
    front: "packages: [{ ecosystem: docker, path: ., publish: true }]",
    files: {
      Dockerfile:
        'FROM scratch\nLABEL org.opencontainers.image.title="acme/hello" \\\n      org.opencontainers.image.version="0.0.0"\nCOPY hello.txt /hello.txt\n',
      "hello.txt": "hello\n",
    },
    accounts: "{ docker: { token_env: ACME_DOCKER } }",
  });
  registry = must(await startOciRegistry(join(world.place.root, "registry")));
});
afterAll(async () => {
  await registry?.stop();
  await world?.close();
});

const session = () =>
  world.session({
    config: `ship: { registries: { docker_hub: { url: "${registry.url}" } } }\n`,
    environment: { ACME_DOCKER: "someone:s3cret-of-theirs" },
  });

describe("images", () => {
  test("are built once, pushed by digest, tagged, read back and pulled", async () => {
    const done = must(await release(await session()));
    const [image] = done.artifacts;
    expect(image).toMatchObject({ ecosystem: "docker", file: "acme-hello-1.0.0.oci.tar" });
    expect(done.published).toMatchObject([{ ecosystem: "docker", already: false, installed: true }]);
    const reader = { url: registry.url };
    expect(must(await imageDigest("acme/hello", "1.0.0", reader))).toBe(image?.manifest);
    expect(must(await imageTags("acme/hello", reader)).sort()).toEqual(["1.0", "1.0.0", "latest"]);
  });
});
