import type { ToolReader } from "../reader.ts";
import { ansible } from "./ansible.ts";
import { ansibleLint } from "./ansible-lint.ts";
import { ava } from "./ava.ts";
import { biome } from "./biome.ts";
import { bundlers } from "./bundlers.ts";
import { cmake } from "./cmake.ts";
import { docker } from "./docker.ts";
import { eslint } from "./eslint.ts";
import { formatters } from "./formatters.ts";
import { gcc } from "./gcc.ts";
import { go } from "./go.ts";
import { googleTest } from "./googletest.ts";
import { gradle } from "./gradle.ts";
import { jasmine } from "./jasmine.ts";
import { javac } from "./javac.ts";
import { jest } from "./jest.ts";
import { junit } from "./junit.ts";
import { linters } from "./linters.ts";
import { maven } from "./maven.ts";
import { mavenChecks } from "./maven-checks.ts";
import { mocha } from "./mocha.ts";
import { node } from "./node.ts";
import { nodeTest } from "./node-test.ts";
import { npm } from "./npm.ts";
import { pip } from "./pip.ts";
import { pnpmYarn } from "./pnpm-yarn.ts";
import { pytest } from "./pytest.ts";
import { python } from "./python.ts";
import { pythonLint } from "./python-lint.ts";
import { runner } from "./runner.ts";
import { rust } from "./rust.ts";
import { shell } from "./shell.ts";
import { svelte } from "./svelte.ts";
import { terraform, terraformPlain } from "./terraform.ts";
import { tsc } from "./tsc.ts";
import { unittest } from "./unittest.ts";
import { vitest } from "./vitest.ts";

/**
 * All readers, in the order in which they are asked for a line that holds hints of several: first the forms that only
 * one tool writes, then those that could be mistaken for another's.
 */
export const READERS: readonly ToolReader[] = [
  junit,
  mavenChecks,
  maven,
  unittest,
  pytest,
  python,
  npm,
  pnpmYarn,
  nodeTest,
  vitest,
  jest,
  mocha,
  jasmine,
  ava,
  tsc,
  svelte,
  eslint,
  biome,
  bundlers,
  go,
  pythonLint,
  pip,
  docker,
  terraform,
  ansible,
  ansibleLint,
  gradle,
  javac,
  googleTest,
  cmake,
  gcc,
  rust,
  linters,
  formatters,
  shell,
  runner,
  node,
  terraformPlain,
];
