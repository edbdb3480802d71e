import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Feature and real tests drive the built program; build it once for all of them. */
export default function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/build.ts", import.meta.url))], {
    stdio: "inherit",
  });
  // A scratch home is an empty cache: each of hundreds of starts would compile the program anew.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));
}
