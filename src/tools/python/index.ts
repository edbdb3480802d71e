/** The door of this folder: import Python things from here. */
export { type BuildPythonOptions, type BuiltFile, buildPython } from "./build.ts";
export {
  type IndexFile,
  type IndexOptions,
  indexFiles,
  normalizedName,
  pipIndex,
  versionOfFile,
} from "./index-files.ts";
export { type InstallCheck, installPythonCheck } from "./install-check.ts";
export { findPython, type Interpreter } from "./interpreter.ts";
export { ensureTwine } from "./twine.ts";
export { ensureVenv, type Venv, type VenvOptions } from "./venv.ts";
