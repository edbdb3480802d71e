/**
 * Ways in which CI systems and tools wrap the same output. Reading a wrapped log must say what reading the plain one says:
 * the same root, the same keys, the same lines. Each gives the wrapped log and where the lines of the plain one are in it.
 */
export interface Wrapped {
  readonly log: string;
  /** Number of the wrapped line for the number of a plain one, both from 1. */
  readonly numberOf: (no: number) => number;
}
export type Wrapping = (lines: readonly string[]) => Wrapped;

const stays = (no: number) => no;
const eachLine =
  (wrap: (line: string, index: number) => string): Wrapping =>
  (lines) => ({ log: `${lines.map(wrap).join("\n")}\n`, numberOf: stays });

function clock(index: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(10 + (Math.floor(index / 3600) % 12))}:${two(Math.floor(index / 60) % 60)}:${two(index % 60)}`;
}

/** Lines that say nothing about a failure, of tools that no reader of a failing step waits for. */
const noise = (index: number) =>
  [
    `Get:${index} http://deb.example.org/debian stable/main amd64 libsail${index} amd64 1.${index} [${index} kB]`,
    `Unpacking libsail${index}:amd64 (1.${index}-2) ...`,
    `Progress: ${index % 100}% of ${index * 7} objects, done.`,
    `  - installing anchor-${index} (1.0.${index})`,
  ][index % 4]!;

export const WRAPPINGS: Readonly<Record<string, Wrapping>> = {
  "windows line ends": (lines) => ({ log: `${lines.join("\r\n")}\r\n`, numberOf: stays }),
  "github actions": eachLine((line, index) => `2026-03-01T${clock(index)}.${1000000 + index}Z ${line}`),
  "gh run view": eachLine(
    (line, index) => `build\tRun the tests\t2026-03-01T${clock(index)}.${1000000 + index}Z ${line}`,
  ),
  "jenkins timestamper": eachLine((line, index) => `${clock(index)}  ${line}`),
  "jenkins pipeline timestamper": eachLine((line, index) => `[2026-03-01T${clock(index)}.123Z] ${line}`),
  gitlab: eachLine((line, index) => `2026-03-01T${clock(index)}.123456Z 01O ${line}`),
  buildkite: eachLine((line, index) => `\u001b_bk;t=17${1e11 + index}\u0007${line}`),
  teamcity: eachLine((line, index) => `[${clock(index)}] :\t [Step 1/2] ${line}`),
  "docker build": eachLine((line, index) => `#12 ${index}.123 ${line}`),
  "docker compose": eachLine((line) => `tests-1  | ${line}`),
  act: eachLine((line) => `[CI/build]   | ${line}`),
  "gnu parallel, concurrently": eachLine((line) => `[0] ${line}`),
  coloured: eachLine((line) => (line === "" ? line : `\u001b[1;31m${line}\u001b[0m\u001b[K`)),
  "coloured words": eachLine((line) => line.replace(/^(\s*)(\S+)/, "$1\u001b[38;5;9m$2\u001b[39m")),
  "colours without escape": eachLine((line) => (line === "" ? line : `[31m${line}[0m`)),
  "progress before": eachLine((line, index) =>
    index % 3 === 0 && line.trim() !== "" ? `fetching ${index % 100}%\rfetching 100%\r${line}` : line,
  ),
  "other output before": (lines) => ({
    log: `${Array.from({ length: 300 }, (_, index) => noise(index)).join("\n")}\n${lines.join("\n")}\n`,
    numberOf: (no) => no + 300,
  }),
  "clean-up after": (lines) => ({
    log: `${lines.join("\n")}\nPost job cleanup.\n[command]/usr/bin/git version\ngit version 2.47.1\nCleaning up orphan processes\n`,
    numberOf: stays,
  }),
  "jenkins branch beside another": (lines) => ({
    log: `[Pipeline] { (Branch: tests)\n[Pipeline] { (Branch: docs)\n${lines
      .map((line, index) => `[tests] ${line}\n[docs] ${noise(index)}`)
      .join("\n")}\n`,
    numberOf: (no) => 1 + 2 * no,
  }),
  "pnpm in workspaces": (lines) => ({
    log: `packages/toll test$ run-tests\n${lines.map((line) => `packages/toll test: ${line}`).join("\n")}\npackages/toll test: Failed\n`,
    numberOf: (no) => no + 1,
  }),
  turborepo: (lines) => ({
    log: `@harbour/toll:test: cache miss, executing 9d2d1c\n${lines.map((line) => `@harbour/toll:test: ${line}`).join("\n")}\n`,
    numberOf: (no) => no + 1,
  }),
};
