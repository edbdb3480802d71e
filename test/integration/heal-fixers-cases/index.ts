import type { FixerCase } from "./case.ts";
import { COMPILED } from "./compiled.ts";
import { FILES } from "./files.ts";
import { INFRASTRUCTURE } from "./infrastructure.ts";
import { JAVASCRIPT } from "./javascript.ts";
import { PYTHON } from "./python.ts";

/** Every breakage that a fixer has to heal, with the real tool. */
export const CASES: readonly FixerCase[] = [...JAVASCRIPT, ...PYTHON, ...COMPILED, ...FILES, ...INFRASTRUCTURE];
