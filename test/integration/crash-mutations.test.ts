import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MUTATIONS, type MutationName } from "../crash/mutations.ts";

// What the crash harness is worth: it is given journals that are broken on purpose, and has to find it. That it passes the
// journal as it is shows in its own run.

const HARNESS = join(import.meta.dirname, "..", "crash", "run.ts");

interface Counts {
  readonly duplicates: number;
  readonly missing: number;
  readonly tagsWithoutArtefacts: number;
}

function harness(...args: string[]) {
  const given = [HARNESS, "--json", "--only", "simulated", "--runs", "30", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: "utf8" });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  return { status, counts: last.startsWith("{") ? (JSON.parse(last).simulated as Counts) : undefined, stderr };
}

const FOUND_AS: Readonly<Record<MutationName, keyof Counts>> = {
  "no-probe": "duplicates",
  "finished-forgotten": "duplicates",
  "done-too-early": "missing",
  "new-keys": "duplicates",
};

describe("the crash harness", () => {
  test.each(Object.keys(MUTATIONS) as MutationName[])("fails for a journal with %s, and counts it", (mutation) => {
    const done = harness("--mutate", mutation);
    expect(done.status, done.stderr).toBe(1);
    expect(done.counts?.[FOUND_AS[mutation]], done.stderr).toBeGreaterThan(0);
  });

  test("does not take a mutation that it does not know", () => {
    expect(harness("--mutate", "nothing").status).toBe(64);
  });
});
