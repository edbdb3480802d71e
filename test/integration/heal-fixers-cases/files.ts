import type { FixerCase } from "./case.ts";

export const FILES: readonly FixerCase[] = [
  {
    fixer: "missing-executable-bit",
    name: "a script that is started",
    files: { "tools/run.sh": "#!/bin/sh\necho ok\n" },
    command: "./tools/run.sh",
    after: { "tools/run.sh": "executable" },
  },
  {
    fixer: "crlf-in-script",
    name: "Windows line ends",
    files: { "run.sh": "#!/bin/bash\r\nif true; then\r\n  echo ok\r\nfi\r\n" },
    executable: ["run.sh"],
    command: "./run.sh",
    after: { "run.sh": "#!/bin/bash\nif true; then\n  echo ok\nfi\n" },
  },
  {
    fixer: "makefile-spaces",
    name: "spaces before a recipe",
    files: { Makefile: "all:\n    @echo ok\n" },
    command: "make",
    after: { Makefile: "all:\n\t@echo ok\n" },
  },
];
