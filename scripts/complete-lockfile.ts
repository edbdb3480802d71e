/**
 * Completes package-lock.json after `npm install`. Where a registry does not serve the packages of other platforms (a
 * mirror, a proxy), npm leaves those optional packages out of the lock file, and `npm ci` then refuses the lock file
 * everywhere. They are written in by name and version, as npm would have; without an integrity hash, which only the
 * registry can give.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../src/core/files.ts";

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly license?: string;
  readonly engines?: unknown;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, "..", "package-lock.json");
const lock = JSON.parse(await readFile(file, "utf8")) as { packages: Record<string, Entry> };
const PLATFORM =
  /(android|darwin|linux|win32|freebsd|openbsd|netbsd|sunos|aix)-([a-z0-9]+)(?:-(musl|gnu|msvc|gnueabihf|eabi))?$/;
const added: string[] = [];
for (const [where, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const platform = PLATFORM.exec(name);
    if (!platform || lock.packages[key] || lock.packages[`${where}/node_modules/${name}`]) continue;
    const [, os, cpu, libc] = platform;
    lock.packages[key] = {
      version,
      cpu: [cpu],
      ...(entry.dev ? { dev: true } : {}),
      ...(entry.engines ? { engines: entry.engines } : {}),
      ...(libc === "musl" ? { libc: ["musl"] } : {}),
      ...(entry.license ? { license: entry.license } : {}),
      optional: true,
      os: [os],
    } as Entry;
    added.push(`${name}@${version}`);
  }
}
if (added.length > 0) {
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
  await writeFileAtomic(file, `${JSON.stringify(lock, null, 2)}\n`);
}
process.stdout.write(
  added.length > 0 ? `${added.map((one) => `added ${one}`).join("\n")}\n` : "the lock file is complete\n",
);
