import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BuildRef, BuildStatus, CiBackend } from "../../../src/core/ci-backend.ts";
import { codesOf, must } from "./support.ts";

/** What a backend's test puts in place. Commits are ids the backend's builds then name. */
export interface CiWorld {
  readonly backend: CiBackend;
  /** A job that exists. */
  readonly job: string;
  /** Makes the job's next build one of this kind, and answers the commit it will build. */
  prepare(kind: "passes" | "fails" | "hangs"): Promise<string>;
  close(): Promise<void>;
}

const PATIENCE_MS = 30_000;

/**
 * What the program relies on with every CI system: `local`, `jenkins` and `github-actions` pass the same tests. The
 * build that passes has a stage `test`, writes the line `tested ✓` to its log, and leaves a file with it.
 */
export function ciBackendContract(name: CiBackend["name"], open: () => Promise<CiWorld>): void {
  const inWorld = (work: (world: CiWorld) => Promise<void>) => async () => {
    const world = await open();
    try {
      await work(world);
    } finally {
      await world.close();
    }
  };

  describe(`${name} as a CiBackend`, () => {
    it(
      "triggers a build, and says how it went and of which commit it is",
      inWorld(async ({ backend, job, prepare }) => {
        const commit = await prepare("passes");
        const ref = must(await backend.trigger(job, { REASON: "a 'quoted' text & more" }, "the contract"));
        expect(ref).toMatchObject({ backend: name, job });
        const status = await settled(backend, ref);
        expect(status).toMatchObject({ ref: { id: ref.id }, state: "passed", commit });
        expect(status.stages.find((stage) => stage.name === "test")?.state).toBe("passed");
      }),
    );

    it(
      "says that a build failed, and in which stage",
      inWorld(async ({ backend, job, prepare }) => {
        await prepare("fails");
        const status = await settled(backend, must(await backend.trigger(job, {}, "the contract")));
        expect(status.state).toBe("failed");
        expect(status.stages.find((stage) => stage.name === "test")?.state).toBe("failed");
      }),
    );

    it(
      "finds the newest finished build of a commit, and none for a commit that was never built",
      inWorld(async ({ backend, job, prepare }) => {
        const bad = await prepare("fails");
        await settled(backend, must(await backend.trigger(job, {}, "the contract")));
        const good = await prepare("passes");
        expect(must(await backend.latest(job, good))).toBeUndefined();
        const ref = must(await backend.trigger(job, {}, "the contract"));
        await settled(backend, ref);
        expect(must(await backend.latest(job, good))).toMatchObject({
          state: "passed",
          commit: good,
          ref: { id: ref.id },
        });
        expect(must(await backend.latest(job, bad))).toMatchObject({ state: "failed", commit: bad });
        expect(must(await backend.latest(job, "f".repeat(40)))).toBeUndefined();
      }),
    );

    it(
      "hands out the log from any offset, whole and without cutting a character, and says when no more comes",
      inWorld(async ({ backend, job, prepare }) => {
        await prepare("passes");
        const ref = must(await backend.trigger(job, {}, "the contract"));
        let [text, offset, more] = ["", 0, true];
        const until = Date.now() + PATIENCE_MS;
        while (more && Date.now() < until) {
          const part = must(await backend.log(ref, offset));
          expect(part.next).toBeGreaterThanOrEqual(offset);
          expect(part.text).not.toContain("\ufffd");
          [text, offset, more] = [text + part.text, part.next, part.more];
          if (more) await sleep(50);
        }
        expect(text).toContain("tested ✓");
        expect(must(await backend.log(ref, 0)).text).toBe(text);
        expect(must(await backend.log(ref, offset))).toMatchObject({ text: "", next: offset, more: false });
      }),
    );

    it(
      "hands out what a build left, into the given folder and no further, and counts its tests where it knows of any",
      inWorld(async ({ backend, job, prepare }) => {
        const folder = await mkdtemp(join(tmpdir(), "codemonkeys-"));
        const to = { folder: join(folder, "in"), mostBytes: 1_000_000 };
        try {
          await prepare("passes");
          const ref = must(await backend.trigger(job, {}, "the contract"));
          await settled(backend, ref);
          const names = must(await backend.artifacts(ref)).map((one) => one.name);
          expect(names).not.toEqual([]);
          const texts: string[] = [];
          for (const one of names) {
            for (const path of must(await backend.download(ref, one, to))) {
              expect(path.startsWith(`${to.folder}/`)).toBe(true);
              texts.push(await readFile(path, "utf8"));
            }
          }
          expect(texts.join("")).toContain("tested ✓");
          expect(codesOf(await backend.download(ref, names[0] as string, { ...to, mostBytes: 3 }))).toHaveLength(1);
          for (const odd of ["no such file", "../out", "/etc/passwd", "a//b", "a\\b", ""]) {
            expect(codesOf(await backend.download(ref, odd, to))).toHaveLength(1);
          }
          expect(await readdir(folder)).toEqual(["in"]);
          const tests = must(await backend.tests(ref));
          if (tests) expect(tests.failed + tests.skipped).toBeLessThanOrEqual(tests.total);
        } finally {
          await rm(folder, { recursive: true });
        }
      }),
    );

    it(
      "cancels a build that runs; cancelling again, or a finished one, is no error",
      inWorld(async ({ backend, job, prepare }) => {
        const commit = await prepare("hangs");
        const ref = must(await backend.trigger(job, {}, "the contract"));
        await seen(backend, ref, (status) => status.state === "running");
        must(await backend.cancel(ref));
        expect((await settled(backend, ref)).state).toBe("cancelled");
        must(await backend.cancel(ref));
        expect((await settled(backend, ref)).state).toBe("cancelled");
        // Somebody stopped it: that says nothing about the commit.
        expect(must(await backend.latest(job, commit))).toBeUndefined();
      }),
    );

    it(
      "refuses a job and a build that do not exist with a diagnostic, and throws nothing",
      inWorld(async ({ backend, job }) => {
        const ghost: BuildRef = { backend: name, job, id: "no-such-build" };
        for (const outcome of [
          await backend.trigger("no-such-job", {}, "the contract"),
          await backend.status(ghost),
          await backend.log(ghost, 0),
          await backend.cancel(ghost),
          await backend.tests(ghost),
          await backend.artifacts(ghost),
          await backend.download(ghost, "a file", { folder: "/nowhere", mostBytes: 1 }),
        ]) {
          expect(codesOf(outcome)).toHaveLength(1);
        }
      }),
    );
  });
}

const FINISHED = ["passed", "unstable", "failed", "cancelled"];

function settled(backend: CiBackend, ref: BuildRef): Promise<BuildStatus> {
  return seen(backend, ref, (status) => FINISHED.includes(status.state));
}

async function seen(backend: CiBackend, ref: BuildRef, when: (status: BuildStatus) => boolean): Promise<BuildStatus> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const status = must(await backend.status(ref));
    if (when(status)) return status;
    if (Date.now() > until) throw new Error(`the build is still ${status.state}`);
    await sleep(50);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
