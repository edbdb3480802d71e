import { describe, expect, it } from "vitest";
import { diffFacts } from "../../../src/pillars/heal/facts.ts";

const gains = (path: string, before: string | undefined, after: string) =>
  diffFacts([{ path, before, after }])["change.adds_dependency"]?.value;

describe("a manifest gains a dependency", () => {
  it.each([
    ["npm", "package.json", '{"dependencies":{"a":"1"}}', '{"dependencies":{"a":"1","b":"1"}}'],
    ["npm, in another section", "x/package.json", "{}", '{"devDependencies":{"a":"1"}}'],
    [
      "npm, the same name from elsewhere",
      "package.json",
      '{"dependencies":{"a":"1"}}',
      '{"dependencies":{"a":"github:x/a"}}',
    ],
    ["npm, an alias", "package.json", '{"dependencies":{"a":"1"}}', '{"dependencies":{"a":"npm:b@1"}}'],
    [
      "npm, from a text that nobody can read",
      "package.json",
      '{"dependencies":{"a":"1"},',
      '{"dependencies":{"a":"1"}}',
    ],
    ["npm, a new manifest", "package.json", undefined, '{"dependencies":{"a":"1"}}'],
    ["pip", "requirements.txt", "a==1\n", "a==1\nb==1\n"],
    ["pip, an index", "requirements.txt", "a==1\n", "--index-url x\na==1\n"],
    ["pip, the same name from elsewhere", "requirements.txt", "a==1\n", "a @ file:x\n"],
    ["pyproject.toml, whatever it is", "pyproject.toml", "[project]\n", '[project]\nname = "x"\n'],
    ["cargo", "Cargo.toml", '[dependencies]\na = "1"\n', '[dependencies]\na = "1"\nb = "1"\n'],
    [
      "cargo, the same name from elsewhere",
      "Cargo.toml",
      '[dependencies]\na = "1"\n',
      '[dependencies]\na = { git = "x" }\n',
    ],
    ["cargo, a table of its own", "Cargo.toml", "", '[dependencies.a]\nversion = "1"\n'],
    ["go", "go.mod", "module x\n", "module x\n\nrequire a.org/b v1.0.0\n"],
    ["go, a replacement", "go.mod", "require a.org/b v1.0.0\n", "require a.org/b v1.0.0\nreplace a.org/b => ../b\n"],
    [
      "maven",
      "pom.xml",
      "<project/>",
      "<project><dependency><groupId>a</groupId><artifactId>b</artifactId></dependency></project>",
    ],
  ] as const)("%s", (_name, path, before, after) => {
    expect(gains(path, before, after)).toBe(true);
  });
});

describe("a manifest stays with its dependencies", () => {
  it.each([
    [
      "npm, another version",
      "package.json",
      '{"dependencies":{"a":"^1.0.0"}}',
      '{"dependencies":{"a":">=2 <3 || 4.x"}}',
    ],
    ["npm, the type of the package", "package.json", '{"name":"x"}', '{"name":"x","type":"module"}'],
    ["npm, fewer", "package.json", '{"dependencies":{"a":"1"}}', "{}"],
    ["pip, another version", "requirements.txt", "urllib3==2.0.0\n", "urllib3<1.27,>=1.21.1\n"],
    [
      "cargo, a feature",
      "Cargo.toml",
      '[dependencies]\na = "1"\n',
      '[dependencies]\na = { version = "1", features = ["b"] }\n',
    ],
    ["cargo, the edition", "Cargo.toml", '[package]\nedition = "2018"\n', '[package]\nedition = "2021"\n'],
    ["go, another version", "go.mod", "require a.org/b v1.0.0\n", "require a.org/b v1.1.0\n"],
    [
      "maven, a property",
      "pom.xml",
      "<p>6</p><groupId>a</groupId>\n<artifactId>b</artifactId>",
      "<p>8</p><groupId>a</groupId>\n<artifactId>b</artifactId>",
    ],
    ["a source", "a.js", "a", 'import "b"'],
  ] as const)("%s", (_name, path, before, after) => {
    expect(gains(path, before, after)).toBe(false);
  });
});
