import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createRedactor } from "../../src/core/redact.ts";
import { homes } from "../../src/core/state-home.ts";
import { ECOSYSTEM_IDS, ECOSYSTEMS, type EcosystemId } from "../../src/ecosystems/index.ts";
import { settleModes } from "../../src/pillars/release/settle.ts";
import { must } from "../unit/release/world.ts";
import { scratchFolder } from "./publish.ts";

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const FILES: Readonly<Record<EcosystemId, Readonly<Record<string, string>>>> = {
  npm: {
    "package.json": '{ "name": "same", "version": "1.0.0", "scripts": { "prepack": "echo 1 > made.js" } }',
    "index.js": "1;\n",
  },
  pypi: {
    "pyproject.toml":
      '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "same"\nversion = "1.0.0"\n',
    "same.py": "",
  },
  cargo: {
    "Cargo.toml": '[package]\nname = "same"\nversion = "1.0.0"\nedition = "2021"\ndescription = "x"\nlicense = "MIT"\n',
    "src/lib.rs": "",
  },
  docker: { Dockerfile: 'FROM scratch\nLABEL org.opencontainers.image.title="same"\nCOPY a /a\n', "a/b.txt": "b\n" },
};

/** Builds a copy in a folder of its own, with files of other times and permissions, under another umask. */
async function built(
  id: EcosystemId,
  way: { folder: string; time: number; umask: number },
): Promise<Record<string, string>> {
  const root = join(scratch.path, id, way.folder, "tree");
  const out = join(scratch.path, id, `${way.folder}-out`);
  mkdirSync(out, { recursive: true });
  const before = process.umask(way.umask);
  try {
    for (const [path, text] of Object.entries(FILES[id])) {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), text);
      utimesSync(join(root, path), way.time, way.time);
    }
    await settleModes(root);
    const files = must(
      await ECOSYSTEMS[id].build({
        root,
        path: ".",
        name: "same",
        version: "1.0.0",
        out,
        epoch: 1_700_000_000,
        logFile: join(scratch.path, "build.log"),
        homes: homes(),
        redactor: createRedactor(),
        signal: new AbortController().signal,
        progress: () => undefined,
      }),
    );
    return Object.fromEntries(
      files.map((file) => [
        file,
        createHash("sha256")
          .update(readFileSync(join(out, file)))
          .digest("hex"),
      ]),
    );
  } finally {
    process.umask(before);
  }
}

test.each(ECOSYSTEM_IDS)(
  "%s: the same sources give the same bytes, wherever, whenever and under whatever umask",
  async (id) => {
    const one = await built(id, { folder: "one", time: 1_600_000_000, umask: 0o022 });
    const other = await built(id, { folder: "another/deeper", time: 1_650_000_000, umask: 0o077 });
    expect(Object.keys(one).length).toBeGreaterThan(0);
    expect(other).toEqual(one);
  },
);
