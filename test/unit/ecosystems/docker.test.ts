import { describe, expect, test } from "vitest";
import { ECOSYSTEMS } from "../../../src/ecosystems/index.ts";
import { changed, treeOf } from "./tree.ts";

const { docker } = ECOSYSTEMS;
const title = 'LABEL org.opencontainers.image.title="acme/pay"';

async function bumped(text: string): Promise<string[]> {
  const edits = await docker.bump(treeOf({ Dockerfile: text }), [{ path: ".", name: "acme/pay", version: "1.5.0" }]);
  if (!edits.ok) throw new Error(edits.diagnostics[0]?.code);
  return edits.value.flatMap(changed);
}

describe("image names and versions", () => {
  test("the last title label names the image; a Containerfile goes before a Dockerfile", async () => {
    const files = {
      "a/Dockerfile": "FROM x\nLABEL org.opencontainers.image.title=other\n",
      "a/Containerfile": `FROM x AS build\nLABEL org.opencontainers.image.title=stage\nFROM scratch\n${title}\n`,
    };
    expect(await docker.readManifest(treeOf(files), "a")).toMatchObject({
      value: { name: "acme/pay", file: "a/Containerfile", version: undefined },
    });
  });

  test.each([
    ["quoted", 'LABEL org.opencontainers.image.version="1.4.2"'],
    ["single", "LABEL org.opencontainers.image.version='1.4.2'"],
    ["bare, among others", "label a=b org.opencontainers.image.version=1.4.2 c=d"],
    ["quoted name", 'LABEL "org.opencontainers.image.version"="1.4.2"'],
    ["continued", 'LABEL a="b" \\\n  org.opencontainers.image.version="1.4.2" \\\n  c=d'],
  ])("the version label is edited where it stands: %s", async (_, line) => {
    const [change, ...more] = await bumped(`FROM scratch\n${title}\n# version="1.4.2"\n${line}\nCOPY a b\n`);
    const edited = line.split("\n").find((part) => part.includes("1.4.2")) as string;
    expect(change).toBe(`${edited.trim()} → ${edited.replace("1.4.2", "1.5.0").trim()}`);
    expect(more).toEqual([]);
  });

  test("a version that a build argument gives, and one in another instruction, stay", async () => {
    expect(
      await bumped(`FROM scratch\n${title}\nARG V\nLABEL org.opencontainers.image.version="$V"\nENV version=1.4.2\n`),
    ).toEqual([]);
  });

  test("a Dockerfile without a name is no package, and says what it lacks", async () => {
    const tree = treeOf({ Dockerfile: "FROM scratch\n" });
    expect(await docker.detect(tree, ".")).toBe(false);
    const read = await docker.readManifest(tree, ".");
    expect(read.ok ? "" : read.diagnostics[0]?.next).toContain("org.opencontainers.image.title");
    const bad = await docker.readManifest(treeOf({ Dockerfile: title.replace("pay", "Pay:1") }), ".");
    expect(bad.ok ? [] : bad.diagnostics[0]).toMatchObject({ code: "docker.bad_name", where: { line: 1 } });
  });

  test("a version with build metadata is no tag", () => {
    expect(docker.spell("1.0.0-rc.1").ok).toBe(true);
    expect(docker.spell("1.0.0+linux").ok).toBe(false);
  });
});
