import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { ensureVenv, type VenvOptions } from "./venv.ts";

/** Path of twine, the uploader of Python packages, in a private environment. */
export async function ensureTwine(options: VenvOptions = {}): Promise<Outcome<string>> {
  const venv = await ensureVenv("twine", ["twine==7.0.0"], options);
  return venv.ok ? succeed(venv.value.bin("twine")) : venv;
}
