import { afterEach, describe, expect, it, vi } from "vitest";
import { BREAKING, GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

// Each of these drives the program many times, each time a process of its own.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let world: SpineWorld;
afterEach(() => world.close());

interface AuditData {
  readonly entries: { readonly kind: string; readonly data: Readonly<Record<string, string>> }[];
}

/** Everything git knows of product, remotes and organisation. */
async function repositories(): Promise<string> {
  const refs = [world.product, world.origin, world.organisation].map((folder) =>
    world.gitIn(folder, "for-each-ref", "--format=%(objectname) %(refname)"),
  );
  return [...(await Promise.all(refs)), await world.git("status", "--porcelain")].join("\n");
}

async function decisions(): Promise<string[]> {
  const { data } = await world.result<AuditData>("audit", "show");
  return data.entries.map(({ kind, data }) =>
    kind === "decision" ? `${data.mode} ${data.action} ${data.answer}` : kind,
  );
}

describe("a constitution that observes", () => {
  it("lets nothing act: heal and release leave repositories as they are and say what they would have done", async () => {
    world = await spineWorld({ files: GOOD_PRODUCT });
    await world.govern(LOOP_RULES, "mode: observe\n");
    await world.change("feat: refactor", BREAKING);
    expect((await world.run("run")).code).toBe(1);
    const before = await repositories();

    const healed = await world.run("heal");
    expect(healed.code).toBe(0);
    expect(healed.stdout).toContain("would be healed by");
    expect(healed.stderr).toContain("only observed: nothing was done");
    expect(await repositories()).toBe(before);
    expect(await decisions()).toEqual(["observe git.commit allow", "observe git.push allow"]);

    const released = await world.result<{ released: boolean }>("release");
    expect(released).toMatchObject({
      code: 0,
      verdict: "success",
      observed: true,
      data: { released: false, run: null },
    });
    expect(await repositories()).toBe(before);
    expect(await decisions()).toContain("observe release.tag allow");
    expect((await decisions()).every((line) => line.startsWith("observe "))).toBe(true);

    expect((await world.run("status")).stdout).toContain("observe mode");
  });

  it("takes a denial for what it is: something observed", async () => {
    world = await spineWorld({ files: GOOD_PRODUCT });
    await world.govern("\n  - { id: files, allow: [files.generate] }\n", "mode: observe\n");
    await world.change("feat: refactor", BREAKING);
    await world.run("run");
    const healed = await world.result("heal");
    expect(healed).toMatchObject({ code: 0, verdict: "success", observed: true });
    expect(healed.summary).toContain("No rule allows it.");
    expect(await decisions()).toContain("observe git.commit deny");
  });
});

describe("a person", () => {
  it("makes it stricter by option or variable, and never looser", async () => {
    world = await spineWorld({ files: GOOD_PRODUCT });
    const before = await repositories();
    const asked = await world.run("release", "--observe");
    expect([asked.code, asked.stderr]).toEqual([0, expect.stringContaining("only observed")]);
    const set = await world.runWith({ CODEMONKEYS_OBSERVE: "1" }, "release");
    expect([set.code, set.stderr]).toEqual([0, expect.stringContaining("only observed")]);
    expect(await repositories()).toBe(before);
    expect((await world.runWith({ CODEMONKEYS_OBSERVE: "1" }, "status")).stdout).toContain("observe mode");
    expect((await world.run("status")).stdout).not.toContain("observe mode");

    await world.govern(LOOP_RULES, "mode: observe\n");
    const still = await world.runWith({ CODEMONKEYS_OBSERVE: "0" }, "release");
    expect(still.stderr).toContain("only observed");
    expect(await world.gitIn(world.origin, "tag")).toBe("");

    await world.govern(LOOP_RULES, "mode: act\n");
    expect((await world.run("release")).code).toBe(0);
    expect(await world.gitIn(world.origin, "tag")).toBe("v1.0.0");
  });

  it("who only wants a dry run leaves nothing in the log, whatever the mode", async () => {
    world = await spineWorld({ files: GOOD_PRODUCT });
    await world.govern(LOOP_RULES, "mode: observe\n");
    const planned = await world.run("release", "--dry-run");
    expect(planned.code).toBe(0);
    expect(planned.stderr).not.toContain("only observed");
    expect(await decisions()).toEqual([]);
  });
});
