#!/usr/bin/env node
// The command as npm links it. The program is the built one: in parts, or the single file that Jenkins takes; a checkout
// with neither says how to make it.
// What it adds is speed at start: the version is told without loading the program, and the program's compiled code is
// kept in the user's own cache folder (never in a shared temporary one, where another user could plant some).
import { existsSync, readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const program = ["../dist/main.mjs", "../resources/codemonkeys/codemonkeys.mjs"]
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));
const [first] = process.argv.slice(2);
if (!program) {
  process.stderr.write("codemonkeys is not built yet. Run: npm ci && npm run build\n");
  process.exitCode = 3;
} else if (first === "--version" || first === "-V") {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  process.stdout.write(`${version}\n`);
} else {
  const { CODEMONKEYS_CACHE, XDG_CACHE_HOME, HOME } = process.env;
  const cache = CODEMONKEYS_CACHE || join(XDG_CACHE_HOME || join(HOME ?? homedir(), ".cache"), "codemonkeys");
  // Absent before Node 22.1; the program itself tells users of an old Node what to do.
  nodeModule.enableCompileCache?.(join(cache, "compiled"));
  await import(program.href);
}
