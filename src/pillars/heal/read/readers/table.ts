import type { ToolReader } from "../reader.ts";
import { junit } from "./junit.ts";
import { maven } from "./maven.ts";
import { node } from "./node.ts";
import { nodeTest } from "./node-test.ts";
import { npm } from "./npm.ts";
import { pytest } from "./pytest.ts";
import { python } from "./python.ts";
import { runner } from "./runner.ts";
import { rust } from "./rust.ts";
import { tsc } from "./tsc.ts";
import { unittest } from "./unittest.ts";

/**
 * All readers, in the order in which they are asked for a line that holds hints of several: first the forms that only
 * one tool writes, then those that could be mistaken for another's.
 */
export const READERS: readonly ToolReader[] = [
  junit,
  maven,
  unittest,
  pytest,
  python,
  npm,
  nodeTest,
  tsc,
  rust,
  runner,
  node,
];
