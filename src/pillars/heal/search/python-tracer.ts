import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Spectrum } from "./spectrum.ts";

/** Where the tracer writes, and the root of the sources it looks at. */
export const TRACE_FOLDER = "CODEMONKEYS_TRACE";
export const TRACE_ROOT = "CODEMONKEYS_TRACE_ROOT";

const TRACER = `import json, os, sys, threading

FOLDER, ROOT = os.environ["${TRACE_FOLDER}"], os.environ["${TRACE_ROOT}"] + os.sep
SKIPPED = (os.sep + "site-packages" + os.sep, os.sep + ".venv" + os.sep, os.sep + "venv" + os.sep)
known, depth = {}, 0


def own(name):
    if name not in known:
        known[name] = name.startswith(ROOT) and not any(part in name for part in SKIPPED)
    return known[name]


class Trace:
    """The lines below the root that run between enter and exit, by the interpreter's own trace function."""

    def __enter__(self):
        global depth
        depth += 1
        self.lines, self.before = {}, sys.gettrace()
        if depth == 1:
            sys.settrace(self.call)
            threading.settrace(self.call)
        return self

    def __exit__(self, *_):
        global depth
        if depth == 1:
            sys.settrace(self.before)
            threading.settrace(None)
        depth -= 1

    def call(self, frame, event, arg):
        return self.line if own(frame.f_code.co_filename) else None

    def line(self, frame, event, arg):
        if event == "line":
            self.lines.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
        return self.line

    def write(self, failed):
        if depth > 0:
            return
        lines = {name[len(ROOT):].replace(os.sep, "/"): sorted(found) for name, found in self.lines.items()}
        with open(os.path.join(FOLDER, "trace-%d.jsonl" % os.getpid()), "a", encoding="utf-8") as out:
            out.write(json.dumps({"failed": failed, "lines": lines}) + "\\n")
`;

const PYTEST_PLUGIN = `import pytest
from codemonkeys_trace import Trace


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    trace = Trace()
    with trace:
        outcome = yield
    failure = outcome.excinfo[1] if outcome.excinfo else None
    if not isinstance(failure, pytest.skip.Exception):
        trace.write(failure is not None)
`;

/** Read by the interpreter at its start; only looks in when unittest is what runs. */
const SITE = `import sys

if "unittest" in " ".join(getattr(sys, "orig_argv", [])):
    import unittest
    from codemonkeys_trace import Trace

    run = unittest.TestCase.run

    def traced(self, result=None):
        bad = lambda: len(result.failures) + len(result.errors) if result is not None else 0
        before, trace = bad(), Trace()
        with trace:
            answer = run(self, result)
        if result is not None:
            trace.write(bad() > before)
        return answer

    unittest.TestCase.run = traced
`;

/** The tracer's modules, by file name: put into a folder on PYTHONPATH. */
export const TRACER_FILES: Readonly<Record<string, string>> = {
  "codemonkeys_trace.py": TRACER,
  "codemonkeys_pytest_trace.py": PYTEST_PLUGIN,
  "sitecustomize.py": SITE,
};

/** Variables that make pytest and unittest load the tracer; the command stays as it is. */
export function tracerEnvironment(folder: string, root: string): Record<string, string> {
  return {
    PYTHONPATH: folder,
    PYTHONDONTWRITEBYTECODE: "1",
    PYTEST_ADDOPTS: "-p codemonkeys_pytest_trace",
    [TRACE_FOLDER]: folder,
    [TRACE_ROOT]: root,
  };
}

const rowSchema = z.object({ failed: z.boolean(), lines: z.record(z.string(), z.array(z.int())) });

/** What the tracer wrote: one row for each test. */
export async function readTrace(folder: string): Promise<Spectrum[]> {
  const rows: Spectrum[] = [];
  for (const name of (await readdir(folder)).filter((one) => one.endsWith(".jsonl")).sort()) {
    for (const line of (await readFile(join(folder, name), "utf8")).split("\n")) {
      // The last line of a process that was killed while it wrote is cut off.
      if (!line.endsWith("}}")) continue;
      const row = rowSchema.parse(JSON.parse(line));
      rows.push({
        failed: row.failed,
        lines: new Map(Object.entries(row.lines).map(([path, numbers]) => [path, new Set(numbers)])),
      });
    }
  }
  return rows;
}
