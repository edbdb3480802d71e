#!/usr/bin/env node
// The command as npm links it. The program is the built one: in parts, or the single file that Jenkins takes; a checkout
// with neither says how to make it.
// What it adds is speed at start: the version is told without loading the program, and the program's compiled code is
// kept in the user's own cache folder (never in a shared temporary one, where another user could plant some), or where
// NODE_COMPILE_CACHE says. CommonJS, as bin/package.json says: Node begins with it sooner.
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const parts = join(root, "dist");
const single = join(root, "resources", "codemonkeys", "codemonkeys.mjs");
// Written last: parts without it are not whole, or older than this file.
const inParts = existsSync(join(parts, "build-id"));
const [first] = process.argv.slice(2);
if (!inParts && !existsSync(single)) {
  process.stderr.write("codemonkeys is not built yet. Run: npm ci && npm run build\n");
  process.exitCode = 3;
} else if (first === "--version" || first === "-V") {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  process.stdout.write(`${version}\n`);
} else {
  const { CODEMONKEYS_CACHE, NODE_COMPILE_CACHE, XDG_CACHE_HOME, HOME } = process.env;
  const home = HOME ?? require("node:os").homedir();
  const cache = CODEMONKEYS_CACHE || join(XDG_CACHE_HOME || join(home, ".cache"), "codemonkeys");
  const compiled = NODE_COMPILE_CACHE || join(cache, "compiled");
  const old = Number(process.versions.node.split(".")[0]) < 22;
  // The program itself tells users of an old Node what to do.
  if (inParts && old) require(join(parts, "main.cjs"));
  else if (inParts) require("./parts.js").runParts(parts, compiled, process.argv.slice(2));
  else {
    require("node:module").enableCompileCache?.(compiled);
    import(require("node:url").pathToFileURL(single).href);
  }
}
