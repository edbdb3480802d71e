import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Feature and real tests drive the built program; build it once for all of them. */
export default function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/build.ts", import.meta.url))], {
    stdio: "inherit",
  });
}
