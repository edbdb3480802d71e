#!/usr/bin/env node
// The command as npm links it. The program itself is the built bundle; a checkout without one says how to make it.
import { existsSync } from "node:fs";

const program = new URL("../resources/codemonkeys/codemonkeys.mjs", import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write("codemonkeys is not built yet. Run: npm ci && npm run build\n");
  process.exit(3);
}
