/**
 * Builds the program twice. One file, with a source map and the notices of what it contains, in
 * `resources/codemonkeys/`, where Jenkins' `libraryResource` finds it (`--minify` is for library tags); and the same in
 * parts, in `dist/`, of which the linked command loads only what it needs. Neither has a native module.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { type Plugin, rolldown } from "rolldown";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = join(root, "resources", "codemonkeys");
const partsDir = join(root, "dist");

// Runs before anything else. Written for old engines: it is what tells their users what to do.
const oldNode = `var __v = process.versions.node.split(".").map(Number);
if (__v[0] < 22 || (__v[0] === 22 && __v[1] < 18)) {
  process.stderr.write("codemonkeys needs Node.js 22.18 or newer; this is " + process.version + ". Install Node.js 24 LTS, or run it as: npx node@24 " + process.argv[1] + "\\n");
  process.exit(3);
}`;
const banner = `#!/usr/bin/env node
import { createRequire as __codemonkeysRequire } from "node:module";
${oldNode}
var require = __codemonkeysRequire(import.meta.url);`;

const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
const settings = {
  absWorkingDir: root,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  // Some packages ship UMD as their main, which cannot be bundled.
  mainFields: ["module", "main"],
  legalComments: "none",
  // Optional native accelerators of `pg`; their absence is their normal case.
  external: ["pg-native", "cpu-features"],
  define: {
    __VERSION__: JSON.stringify(manifest.version),
    __PLAYBOOKS__: JSON.stringify(await playbooks()),
    __CONTROLLER__: JSON.stringify(await texts("jcasc")),
    __JENKINSFILES__: JSON.stringify(await texts("jenkinsfiles")),
  },
  banner: { js: banner },
  loader: { ".yaml": "text", ".md": "text" },
  logLevel: "warning",
} satisfies BuildOptions;

const single = await build({
  ...settings,
  entryPoints: { codemonkeys: "src/cli/main.ts" },
  outdir,
  minify: process.argv.includes("--minify"),
  keepNames: true,
  sourcemap: "linked",
  metafile: true,
  write: false,
});
await place(outdir, single.outputFiles);
await writeFile(join(outdir, "THIRD-PARTY-NOTICES.txt"), await notices(single.metafile));

// Names the code: what one build remembers no other one takes for its own.
const buildId = createHash("sha256")
  .update(single.outputFiles.map(({ hash }) => hash).join())
  .digest("hex");

/**
 * commander starts other programs for subcommands that are files of their own, which ours are not; Node's module for that
 * takes as long to load as all of commander.
 */
const withoutExecutables: Plugin = {
  name: "commander-without-executables",
  resolveId: (source, importer) =>
    source === "node:child_process" && importer?.includes("/node_modules/commander/") ? "\0no-executables" : undefined,
  load: (id) => (id === "\0no-executables" ? "export default undefined;" : undefined),
};

// CommonJS: Node loads it in half the time of as many ECMAScript modules.
const parts = await rolldown({
  cwd: root,
  input: { main: "src/cli/main.ts" },
  platform: "node",
  external: settings.external,
  resolve: { mainFields: settings.mainFields },
  transform: { target: settings.target, define: { ...settings.define, __BUILD__: JSON.stringify(buildId) } },
  moduleTypes: settings.loader,
  plugins: [withoutExecutables],
  logLevel: "warn",
});
const { output } = await parts.generate({
  format: "cjs",
  comments: false,
  // What is loaded with its kept code has no `import()`, which Node warns of there as experimental.
  dynamicImportInCjs: false,
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name]-[hash].cjs",
});
await parts.close();
const chunks = output
  .filter((one) => one.type === "chunk")
  .map(({ fileName, code, isEntry }) => ({ fileName, code: isEntry ? `${oldNode}\n${code}` : code }));
// By this name bin/parts.js keeps their compiled code.
const partsId = createHash("sha256");
for (const { fileName, code } of chunks) partsId.update(`${fileName}\0${code}\0`);
const files = [...chunks, { fileName: "build-id", code: `${partsId.digest("hex").slice(0, 16)}\n` }];
await place(
  partsDir,
  files.map(({ fileName, code }) => ({ path: join(partsDir, fileName), contents: Buffer.from(code) })),
);
const written = new Set(files.map(({ fileName }) => fileName));
for (const name of await readdir(partsDir)) if (!written.has(name)) await rm(join(partsDir, name));

/** Writes what is new or changed, each file at once: another process may be running the program. */
async function place(
  folder: string,
  files: readonly { readonly path: string; readonly contents: Uint8Array }[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const known = new Set(await readdir(folder));
  for (const { path, contents } of files) {
    if (known.has(basename(path)) && (await readFile(path)).equals(contents)) continue;
    await writeFile(`${path}.${process.pid}`, contents);
    await rename(`${path}.${process.pid}`, path);
  }
}

/** The program's own playbooks: an agent gets one file, and they have to be in it. */
async function playbooks(): Promise<Record<string, string>> {
  const folder = join(root, "playbooks");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && /\.(?:yml|py|j2)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}

/** The files of a folder by name: what `controller up` puts on a host, what `controller jobs` writes. */
async function texts(of: string): Promise<Record<string, string>> {
  const folder = join(root, of);
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}

/** Names, versions and licence texts of every package whose code went into the bundle. */
async function notices(metafile: Metafile): Promise<string> {
  const folders = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match?.[1]) folders.add(match[1]);
  }
  const parts: string[] = ["Code Monkeys Ship contains the following packages.\n"];
  for (const folder of [...folders].sort()) {
    const info = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as {
      name: string;
      version: string;
      license?: string;
    };
    parts.push(`${"=".repeat(78)}\n${info.name} ${info.version} (${info.license ?? "see below"})\n`);
    const text = await licenceText(join(root, folder));
    if (text) parts.push(text.trim(), "\n");
  }
  return parts.join("\n");
}

async function licenceText(folder: string): Promise<string | undefined> {
  for (const name of ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "license", "License"]) {
    try {
      return await readFile(join(folder, name), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return undefined;
}
