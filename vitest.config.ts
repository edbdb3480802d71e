import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes minutes begins first: a new clone knows no times of earlier runs, and the last file would run alone. */
const LONGEST = ["deploy", "canary", "controller", "heal-fixers", "registries"].map(
  (name) => `/test/integration/${name}.test.ts`,
);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const long = (file: TestSpecification) => LONGEST.some((path) => file.moduleId.endsWith(path));
    const sorted = await super.sort(files);
    return [...sorted.filter(long), ...sorted.filter((file) => !long(file))];
  }
}

// Three projects by speed and need: `unit` runs anywhere in seconds; `feature` drives the built program over scratch
// repositories; `real` needs the tools that scripts/ installs.
export default defineConfig({
  test: {
    // One more than there are cores: a test mostly waits for the programs that it starts. As many as cores were measured to
    // leave up to half of the time unused.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "feature",
          include: ["test/feature/**/*.test.ts"],
          globalSetup: ["test/build-once.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "real",
          include: ["test/integration/**/*.test.ts", "test/e2e/**/*.test.ts"],
          globalSetup: ["test/build-once.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
