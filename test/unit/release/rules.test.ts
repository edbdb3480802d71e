import { afterEach, describe, expect, test } from "vitest";
import { planNow } from "../../../src/pillars/release/release.ts";
import { readSpec } from "../../../src/pipeline/spec.ts";
import { must, releaseWorld, type World } from "./world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const npm = (name: string, version = "1.0.0") => JSON.stringify({ name, version });

/** Units of the next release after some commits on top of a first release with the given tags. */
async function planned(options: {
  front: string;
  files?: Record<string, string>;
  tags?: string[];
  commits: { message: string; path?: string }[];
  channel?: string;
}) {
  world = await releaseWorld({
    front: options.front,
    files: options.files ?? { "package.json": npm("payments") },
  });
  for (const tag of options.tags ?? ["v1.0.0"]) world.git("tag", tag);
  for (const [at, { message, path }] of options.commits.entries()) {
    world.write(path ?? `file-${at}`, String(at));
    world.commit(message);
  }
  return must(await planNow(await world.session(), { channel: options.channel })).units;
}

const ONE = "packages: [{ ecosystem: npm, path: . }]";

describe("rules of a spec", () => {
  test("add types with levels and sections to the usual ones", async () => {
    const [unit] = await planned({
      front: `${ONE}\nrelease:\n  types:\n    deps: { level: patch, section: Dependencies }\n    docs: { section: Documentation }\n    perf: none`,
      commits: [{ message: "deps: newer zod" }, { message: "docs: more words" }, { message: "perf: faster" }],
    });
    expect(unit).toMatchObject({ version: "1.0.1", tag: "v1.0.1" });
    expect(unit?.changelog.groups.map(({ title }) => title)).toEqual(["Dependencies", "Documentation"]);
    expect(unit?.notes).toContain("## Dependencies");
    expect(unit?.notes).not.toContain("faster");
    expect(must(await planNow(await (world as World).session())).units[0]?.reasons.map(({ type }) => type)).toEqual([
      "deps",
    ]);
  });

  test("say what 0.x means", async () => {
    const [unit] = await planned({
      front: `${ONE}\nrelease: { zero: patch }`,
      tags: ["v0.3.1"],
      commits: [{ message: "feat: a" }],
    });
    expect(unit?.version).toBe("0.3.2");
  });

  test("give calendar versions, and pre-releases of them", async () => {
    const today = new Date();
    const month = `${today.getUTCFullYear()}.${today.getUTCMonth() + 1}`;
    const [unit] = await planned({
      front: `${ONE}\nrelease: { calver: YYYY.MM.MICRO }`,
      tags: [`v${month}.0`, `v${month}.1-rc.1`],
      commits: [{ message: "fix: a" }],
      channel: "rc",
    });
    expect(unit).toMatchObject({ version: `${month}.1-rc.2`, bump: "prerelease" });
    const stable = must(await planNow(await (world as World).session()));
    expect(stable.units[0]?.version).toBe(`${month}.1`);
  });

  test("give a tag scheme, and go on from the tags of the one before", async () => {
    const front = `${ONE}\nrelease: { tag: "{name}-v{version}" }`;
    const [unit] = await planned({ front, commits: [{ message: "feat: a" }] });
    expect(unit).toMatchObject({ tag: "payments-v1.1.0", previous: { tag: "v1.0.0" } });
    world?.git("tag", "payments-v1.1.0");
    world?.commit("fix: b");
    const next = must(await planNow(await (world as World).session()));
    expect(next.units[0]).toMatchObject({ tag: "payments-v1.1.1", previous: { tag: "payments-v1.1.0" } });
  });

  test("give packages versions of their own before any tag says so, or one to all", async () => {
    const files = { "a/package.json": npm("@acme/a"), "b/package.json": npm("@acme/b") };
    const packages = "packages: [{ ecosystem: npm, path: a }, { ecosystem: npm, path: b }]";
    const own = await planned({
      front: `${packages}\nrelease: { versions: independent }`,
      files,
      tags: [],
      commits: [{ message: "feat: b", path: "b/x" }],
    });
    expect(own.map(({ tag }) => tag)).toEqual(["@acme/a@1.0.0", "@acme/b@1.0.0"]);
    await world?.close();
    const linked = await planned({
      front: `${packages}\nrelease: { versions: linked, tag: "v{version}" }`,
      files,
      tags: ["@acme/a@1.0.0", "@acme/b@1.0.0"],
      commits: [{ message: "feat: b", path: "b/x" }],
    });
    expect(linked).toMatchObject([{ tag: "v1.1.0", packages: [{ version: "1.1.0" }, { version: "1.1.0" }] }]);
  });
});

describe("packages that depend on each other", () => {
  const on = (name: string, ...dependencies: string[]) =>
    JSON.stringify({
      name,
      version: "1.0.0",
      dependencies: Object.fromEntries(dependencies.map((one) => [one, "^1.0.0"])),
    });
  test("are released with what they depend on, after it, and only those", async () => {
    const units = await planned({
      front: `packages: [${["app", "lib", "base", "other"].map((path) => `{ ecosystem: npm, path: ${path} }`).join(", ")}]`,
      files: {
        "app/package.json": on("app", "lib"),
        "lib/package.json": on("lib", "base"),
        "base/package.json": on("base"),
        "other/package.json": on("other"),
      },
      tags: ["app@1.0.0", "lib@1.0.0", "base@1.0.0", "other@1.0.0"],
      commits: [
        { message: "feat!: b", path: "base/x" },
        { message: "feat: a", path: "app/x" },
      ],
    });
    expect(units.map(({ tag }) => tag)).toEqual(["base@2.0.0", "lib@1.0.1", "app@1.1.0"]);
    expect(units[1]).toMatchObject({
      changelog: { groups: [{ title: "Dependencies", items: [["depends on base 2.0.0"]] }] },
      reasons: [{ type: "deps", description: "depends on base 2.0.0", level: "patch" }],
    });
    expect(units[2]?.notes).toContain("- depends on lib 1.0.1");
  });
});

describe("wrong rules", () => {
  const wrong = (release: string) => {
    const read = readSpec(`---\nproduct: p\ncompany: c\nrelease:\n${release}\n---\n`, { file: "SPEC.md" });
    if (read.ok) throw new Error("expected a problem");
    return read.diagnostics.map(({ message, where }) => `${where?.line}:${where?.column} ${message}`);
  };
  test.each([
    ["  zeroo: minor", "5:3 unknown key zeroo; did you mean zero?"],
    ["  types: { feat: mayor }", '5:18 release.types.feat cannot be the text "mayor"; did you mean major?'],
    ["  types: { deps: { levle: patch } }", "5:20 unknown key levle; did you mean level?"],
    [
      "  types: { Deps: patch }",
      "5:12 release.types.Deps: a commit type begins with a letter and is written in lower case",
    ],
    ["  tag_order: frist", '5:14 release.tag_order cannot be the text "frist"; did you mean first?'],
    ["  calver: YYYY.MIRCO", "5:11 release.calver: no part of a calendar version: MIRCO; did you mean MICRO?"],
    [
      "  calver: YYYY.MM.DD.MICRO",
      "5:11 release.calver: a calendar version has two or three parts, such as YYYY.MM.MICRO; YYYY.MM.DD.MICRO has 4",
    ],
    ["  calver: YYYY.MICRO.PATCH", "5:11 release.calver: one counter is enough: keep one of MICRO and PATCH"],
    ["  first: v1", "5:10 release.first: a version of three numbers, such as 0.1.0"],
    [
      "  { versions: independent, tag: 'v{version}' }",
      "5:33 release.tag: packages with versions of their own need their name in the tag, such as {name}@{version}",
    ],
    [
      "  tag: 'a..b-{version}'",
      "5:8 release.tag: git takes no such tag: no `..`, `//`, nor a part that begins or ends with a dot",
    ],
  ])("%s", (release, message) => expect(wrong(release)).toEqual([message]));

  test.each(["v", "{version}x", "rel {version}", "x{version}"])("tag scheme %s", (tag) =>
    expect(wrong(`  tag: '${tag}'`)[0]).toContain("5:8 release.tag: a tag scheme ends with {version}"),
  );
});
