import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bumpVersionFiles, ECOSYSTEMS, goModuleProblem } from "../../../src/ecosystems/index.ts";
import { changed, treeOf } from "./tree.ts";

interface Change {
  readonly except?: readonly string[];
  readonly marked?: readonly string[];
}
const CHANGE = { folder: ".", except: [], old: ["1.4.2"], version: "1.5.0", marked: [] };
const bump = async (files: Record<string, string>, more: Change = {}) => {
  const edits = await bumpVersionFiles(treeOf(files), { ...CHANGE, ...more });
  if (!edits.ok) throw new Error(edits.diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return Object.fromEntries(edits.value.map((edit) => [edit.path, changed(edit)]));
};

describe("files that name the version without being a package", () => {
  test("pom.xml: the own version and the modules' parent; dependencies, plugins and comments stay", async () => {
    const root = `<?xml version="1.0"?>
<!-- <version>1.4.2</version> -->
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>acme</groupId><artifactId>shop</artifactId>
  <version>1.4.2-SNAPSHOT</version>
  <dependencies><dependency><artifactId>other</artifactId><version>1.4.2-SNAPSHOT</version></dependency></dependencies>
  <build><plugins><plugin><version>1.4.2</version></plugin></plugins></build>
</project>
`;
    const module = `<project>
  <parent><artifactId>shop</artifactId>
    <version>1.4.2-SNAPSHOT</version>
  </parent>
  <artifactId>shop-api</artifactId>
</project>
`;
    const elsewhere = module.replace("<artifactId>shop<", "<artifactId>spring-boot<");
    expect(await bump({ "pom.xml": root, "api/pom.xml": module, "web/pom.xml": elsewhere })).toEqual({
      "pom.xml": ["<version>1.4.2-SNAPSHOT</version> → <version>1.5.0</version>"],
      "api/pom.xml": ["<version>1.4.2-SNAPSHOT</version> → <version>1.5.0</version>"],
    });
    const property =
      "<project><version>${revision}</version>\n<properties><revision>1.4.2</revision></properties></project>";
    expect(await bump({ "pom.xml": property })).toEqual({
      "pom.xml": [
        "<properties><revision>1.4.2</revision></properties></project> → <properties><revision>1.5.0</revision></properties></project>",
      ],
    });
  });

  test("Helm, mkdocs, Go, a label and VERSION: what says the old version, quotes and v as they were", async () => {
    expect(
      await bump({
        "chart/Chart.yaml":
          'apiVersion: v2\nname: shop\nversion: 0.7.1 # its own\nappVersion: "v1.4.2"\ndependencies:\n  - { name: db, version: 1.4.2 }\n',
        "mkdocs.yml": "site_name: Shop\nmarkdown_extensions:\n  - x: !!python/name:a.b\nextra:\n  version: '1.4.2'\n",
        "internal/version/version.go": 'package version\n\nconst (\n\tVersion = "1.4.2"\n\tSchema  = "1.4.2"\n)\n',
        Dockerfile: 'FROM debian:12\nLABEL org.opencontainers.image.version="1.4.2" x="1.4.2"\n',
        VERSION: "1.4.2\n",
        "node_modules/x/VERSION": "1.4.2\n",
        "docs/VERSION": "1.4.20\n",
      }),
    ).toEqual({
      "chart/Chart.yaml": ['appVersion: "v1.4.2" → appVersion: "v1.5.0"'],
      "mkdocs.yml": ["version: '1.4.2' → version: '1.5.0'"],
      "internal/version/version.go": ['Version = "1.4.2" → Version = "1.5.0"'],
      Dockerfile: [
        'LABEL org.opencontainers.image.version="1.4.2" x="1.4.2" → LABEL org.opencontainers.image.version="1.5.0" x="1.4.2"',
      ],
      VERSION: ["1.4.2 → 1.5.0"],
    });
  });

  test("marked lines and blocks of listed files, whatever version they say; a file without a mark is a mistake", async () => {
    const readme =
      "v1.0.0\nnpm i shop@1.3.9 <!-- x-release-version -->\n<!-- x-release-start-version -->\n1.3.9-rc.1 and 10.0.0.1\n<!-- x-release-end -->\n1.3.9\n";
    expect(await bump({ "README.md": readme }, { marked: ["README.md"] })).toEqual({
      "README.md": [
        "npm i shop@1.3.9 <!-- x-release-version --> → npm i shop@1.5.0 <!-- x-release-version -->",
        "1.3.9-rc.1 and 10.0.0.1 → 1.5.0 and 10.0.0.1",
      ],
    });
    await expect(bump({ "README.md": "1.4.2\n" }, { marked: ["README.md"] })).rejects.toThrow("release.no_marked_line");
    await expect(bump({}, { marked: ["gone.md"] })).rejects.toThrow("there is no gone.md");
  });

  test("packages with versions of their own are left alone", async () => {
    expect(await bump({ "packages/a/VERSION": "1.4.2", VERSION: "1.4.2" }, { except: ["packages/a"] })).toEqual({
      VERSION: ["1.4.2 → 1.5.0"],
    });
  });

  const SHAPES: Record<string, string> = {
    "Chart.yaml": "appVersion: 1.4.2",
    "version.go": 'const Version = "1.4.2"',
    Dockerfile: "LABEL org.opencontainers.image.version=1.4.2",
    "README.md": "shop 1.4.2 x-release-version",
  };
  test.each(Object.entries(SHAPES))("%s keeps every other byte, whatever stands around", async (file, line) => {
    const around = fc.array(fc.string({ unit: fc.constantFrom(..."ab1.: #'\"\t\r{}<>-&é\u{1F600}") }), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(around, around, async (before, after) => {
        const comment = (lines: string[]) => lines.map((one) => `# ${one}`);
        const text = [...comment(before), line, ...comment(after)].join("\n");
        const edits = await bumpVersionFiles(treeOf({ [file]: text }), {
          ...CHANGE,
          marked: file === "README.md" ? [file] : [],
        });
        const edit = edits.ok ? edits.value[0] : undefined;
        expect(edit?.after).toBe([...comment(before), line.replace("1.4.2", "1.5.0"), ...comment(after)].join("\n"));
      }),
      { numRuns: 200 },
    );
  });
});

describe("lock files that repeat ranges", () => {
  const manifests = {
    "a/package.json": '{ "name": "@acme/a", "version": "1.4.2" }',
    "b/package.json":
      '{ "name": "b", "version": "3.0.0", "dependencies": { "@acme/a": "workspace:^1.4.2", "left": "^1.4.2" } }',
  };
  const lockEdit = async (name: string, text: string) => {
    const edits = await ECOSYSTEMS.npm.bump(treeOf({ ...manifests, [name]: text }), [
      { path: "a", name: "@acme/a", version: "1.5.0" },
    ]);
    if (!edits.ok) throw new Error(edits.diagnostics[0]?.message);
    const edit = edits.value.find(({ path }) => path === name);
    return edit ? changed(edit) : [];
  };

  test("pnpm, new and old", async () => {
    expect(
      await lockEdit(
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\nimporters:\n  b:\n    dependencies:\n      '@acme/a':\n        specifier: workspace:^1.4.2\n        version: link:../a\n      left:\n        specifier: ^1.4.2\n        version: 1.4.2\npackages:\n  left@1.4.2: {}\n",
      ),
    ).toEqual(["specifier: workspace:^1.4.2 → specifier: workspace:^1.5.0"]);
    expect(
      await lockEdit(
        "pnpm-lock.yaml",
        "lockfileVersion: 5.4\nspecifiers:\n  '@acme/a': '^1.4.2'\ndependencies:\n  '@acme/a': link:../a\n",
      ),
    ).toEqual(["'@acme/a': '^1.4.2' → '@acme/a': '^1.5.0'"]);
  });

  test("Yarn 2 and newer; the classic one names no workspace", async () => {
    const berry = `__metadata:
  version: 8

"@acme/a@workspace:^1.4.2, @acme/a@workspace:a":
  version: 0.0.0-use.local
  resolution: "@acme/a@workspace:a"
  languageName: unknown

"b@workspace:b":
  version: 0.0.0-use.local
  resolution: "b@workspace:b"
  dependencies:
    "@acme/a": "workspace:^1.4.2"
    left: "npm:^1.4.2"

"left@npm:^1.4.2":
  version: 1.4.2
`;
    expect(await lockEdit("yarn.lock", berry)).toEqual([
      '"@acme/a@workspace:^1.4.2, @acme/a@workspace:a": → "@acme/a@workspace:^1.5.0, @acme/a@workspace:a":',
      '"@acme/a": "workspace:^1.4.2" → "@acme/a": "workspace:^1.5.0"',
    ]);
    expect(await lockEdit("yarn.lock", '# yarn lockfile v1\n\n"@acme/a@^1.4.2":\n  version "1.4.2"\n')).toEqual([]);
  });
});

test.each([
  ["example.test/shop", "2.0.0", "module example.test/shop/v2"],
  ["example.test/shop/v2", "3.0.0", "module example.test/shop/v3"],
  ["example.test/shop/v2", "2.1.0", undefined],
  ["example.test/shop", "1.9.0", undefined],
  ["gopkg.in/shop.v3", "3.0.0", undefined],
])("a Go module %s and version %s", async (module, version, wanted) => {
  const found = await goModuleProblem(treeOf({ "go.mod": `// x\nmodule ${module}\n\ngo 1.24\n` }), ".", version);
  expect(found?.next?.includes(wanted ?? "never") ?? false).toBe(wanted !== undefined);
  if (found) expect(found.where).toMatchObject({ file: "go.mod", line: 2 });
});
