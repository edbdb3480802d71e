import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Three projects by speed and need: `unit` runs anywhere in seconds; `feature` drives the built program over scratch
// repositories; `real` needs the tools that scripts/ installs.
export default defineConfig({
  test: {
    // One more than there are cores: a test mostly waits for the programs that it starts. As many as cores were measured to
    // leave up to half of the time unused.
    maxWorkers: availableParallelism() + 1,
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
