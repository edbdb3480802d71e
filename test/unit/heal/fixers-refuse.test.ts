import { describe, expect, it } from "vitest";
import { FIXERS } from "../../../src/pillars/heal/fixers/table.ts";
import type { BuildFailure } from "../../../src/pillars/heal/read/report.ts";
import { locatePath, type Tree } from "../../../src/pillars/heal/tree.ts";

/** A product in memory. */
function treeOf(files: Readonly<Record<string, string>>): Tree {
  const paths = Object.keys(files).sort();
  return {
    root: "/product",
    paths: async () => paths,
    read: async (path) => files[path],
    locate: async (path) => locatePath(path, "/product", paths),
  };
}

interface Fault {
  readonly message: string;
  readonly files: Readonly<Record<string, string>>;
  readonly at?: readonly [file: string, line: number, column?: number];
  readonly tool?: string;
  readonly captures?: Readonly<Record<string, string>>;
}

async function proposalsOf(name: string, { message, files, at, tool = "tool", captures = {} }: Fault) {
  const fixer = FIXERS.find((one) => one.name === name);
  if (!fixer) throw new Error(`there is no fixer ${name}`);
  const [first = ""] = message.split("\n");
  const failure: BuildFailure = {
    tool,
    category: "unknown",
    message: first,
    ...(at ? { place: { file: at[0], line: at[1], ...(at[2] ? { column: at[2] } : {}) } } : {}),
    logLines: [1, 1],
    alsoAt: [],
    count: 1,
    rank: "cause",
    root: true,
    captures,
    occurrence: "0",
    pattern: "0",
  };
  return fixer.propose({ failure, tree: treeOf(files), excerpt: message });
}

const json = (value: unknown) => JSON.stringify(value, null, 2);

/** What a fixer leaves alone: the name is not certain, the fault is another one, or the machine has to change. */
const REFUSED: readonly (readonly [fixer: string, why: string, fault: Fault])[] = [
  [
    "missing-npm-dependency",
    "a package that nothing in the repository names",
    {
      message: "Cannot find package 'left-pad' imported from /product/a.js",
      files: { "package.json": "{}", "a.js": "import 'left-pad';\n" },
    },
  ],
  [
    "missing-npm-dependency",
    "a name that is none",
    {
      message: "Cannot find package '--registry=x' imported from /product/a.js",
      files: { "package.json": "{}", "b/package.json": json({ dependencies: { "--registry=x": "1" } }), "a.js": "" },
    },
  ],
  [
    "missing-npm-dependency",
    "one that is declared: it was not installed",
    {
      message: "Cannot find package 'x' imported from /product/a.js",
      files: {
        "package.json": json({ dependencies: { x: "1" } }),
        "b/package.json": json({ dependencies: { x: "1" } }),
        "a.js": "",
      },
    },
  ],
  [
    "missing-npm-dependency",
    "a path of another workspace",
    {
      message: "Cannot find package 'x' imported from /product/a.js",
      files: { "package.json": "{}", "b/package.json": json({ dependencies: { x: "file:../x" } }), "a.js": "" },
    },
  ],
  [
    "missing-types-package",
    "types that are declared",
    {
      message: "Try `npm i --save-dev @types/x` if it exists",
      files: { "package.json": json({ devDependencies: { "@types/x": "1" } }) },
    },
  ],
  [
    "missing-types-package",
    "a name that is none",
    { message: "Try `npm i --save-dev @types/../x` if it exists", files: { "package.json": "{}" } },
  ],
  [
    "missing-python-dependency",
    "a module that nothing in the repository names",
    { message: "No module named 'requets'", files: { "requirements.txt": "", "a.py": "" } },
  ],
  [
    "missing-cargo-dependency",
    "a crate that no other crate declares",
    {
      message: "use of unresolved module or unlinked crate `serde`",
      files: { "Cargo.toml": "[package]\n", "src/main.rs": "" },
      at: ["src/main.rs", 1],
    },
  ],
  [
    "missing-go-dependency",
    "a package of no host",
    {
      message: "main.go:3:8: no required module provides package own/thing; to add it:",
      files: { "go.mod": "module x\n", "main.go": "" },
      at: ["main.go", 3],
    },
  ],
  [
    "npm-peer-conflict",
    "ranges that nothing satisfies",
    {
      message:
        'ERESOLVE\nFound: a@2.0.0\n  peer a@"^2.0.0" from b@1.0.0\nCould not resolve dependency:\npeer a@"^1.0.0" from c@1.0.0',
      files: { "package.json": json({ dependencies: { a: "^2.0.0" } }) },
    },
  ],
  [
    "npm-peer-conflict",
    "a package that is not ours to choose",
    {
      message: 'ERESOLVE\nCould not resolve dependency:\npeer a@"^1.0.0" from c@1.0.0',
      files: { "package.json": "{}" },
    },
  ],
  [
    "pip-conflict",
    "two packages that disagree without us",
    {
      message: "ResolutionImpossible\n    a 1.0 depends on c<1\n    b 1.0 depends on c>2",
      files: { "requirements.txt": "a==1.0\nb==1.0\n" },
    },
  ],
  [
    "node-engine",
    "the engine of a dependency",
    {
      message:
        'Not compatible with your version of node/npm: dep@1.0.0\nRequired: {"node":"^16"}\nActual:   {"node":"v24.1.0"}',
      files: { "package.json": json({ name: "app", engines: { node: "^16" } }) },
    },
  ],
  [
    "node-engine",
    "a Node that is too old",
    {
      message:
        'Not compatible with your version of node/npm: app@1.0.0\nRequired: {"node":"^26.1.0"}\nActual:   {"node":"v24.1.0"}',
      files: { "package.json": json({ name: "app", engines: { node: "^26.1.0" } }) },
    },
  ],
  [
    "python-requires",
    "a Python that is too old",
    {
      message: "Package 'p' requires a different Python: 3.11.2 not in '<4,>=3.12'",
      files: { "setup.cfg": "[options]\npython_requires = >=3.12,<4\n" },
    },
  ],
  [
    "maven-source-level",
    "a level above the compiler's",
    {
      message: "release version 25 not supported",
      files: { "pom.xml": "<maven.compiler.release>25</maven.compiler.release>" },
    },
  ],
  [
    "maven-convergence",
    "versions without a plain order",
    {
      message:
        "Dependency convergence error for g:a:jar:1.0-beta paths:\n +-g:a:jar:1.0-beta:compile\n +-g:a:jar:r09:compile",
      files: { "pom.xml": "<project>\n</project>\n" },
    },
  ],
  [
    "yaml-syntax",
    "a file that parses",
    { message: 'yaml.scanner.ScannerError in "c.yaml", line 1', files: { "c.yaml": "a: 1\n" } },
  ],
  [
    "yaml-syntax",
    "more than one line could mend",
    { message: 'yaml.scanner.ScannerError in "c.yaml", line 1', files: { "c.yaml": "a: {\n- [\n  }: ]\n" } },
  ],
  ["toml-syntax", "a file that parses", { message: "TOMLDecodeError: Invalid value", files: { "c.toml": "a = 1\n" } }],
  [
    "shell-test-spacing",
    "a program that is not there",
    { message: "run.sh: line 2: jq: command not found", files: { "run.sh": "#!/bin/sh\njq .\n" }, at: ["run.sh", 2] },
  ],
  [
    "shell-assignment-spaces",
    "a command with an argument",
    {
      message: "run.sh: line 2: name: command not found",
      files: { "run.sh": "#!/bin/bash\nname world\n" },
      at: ["run.sh", 2],
    },
  ],
  [
    "shell-assignment-spaces",
    "a comparison",
    {
      message: "run.sh: line 2: name: command not found",
      files: { "run.sh": "#!/bin/bash\nname == world\n" },
      at: ["run.sh", 2],
    },
  ],
  [
    "shell-unclosed-block",
    "two blocks that are open",
    {
      message: "run.sh: line 5: syntax error: unexpected end of file",
      files: { "run.sh": "#!/bin/bash\nif a; then\n  while b; do\n    c\n" },
      at: ["run.sh", 5],
    },
  ],
  [
    "shell-unclosed-block",
    "words in quotes, comments and here-documents",
    {
      message: "run.sh: line 7: syntax error: unexpected end of file",
      files: { "run.sh": '#!/bin/bash\n# if a\necho "if a"\ncat <<EOF\nif a; then\nEOF\n' },
      at: ["run.sh", 7],
    },
  ],
  [
    "shell-unclosed-quote",
    "quotes that are all closed",
    {
      message: "run.sh: line 2: unexpected EOF while looking for matching `\"'",
      files: { "run.sh": '#!/bin/bash\necho "a"\n' },
      at: ["run.sh", 2],
    },
  ],
  [
    "shell-unbound-variable",
    "a variable that the environment has to give",
    {
      message: "run.sh: line 2: DEPLOY_TOKEN: unbound variable",
      files: { "run.sh": "#!/bin/bash\necho $DEPLOY_TOKEN\n" },
      at: ["run.sh", 2],
    },
  ],
  [
    "misspelt-path",
    "a file that looks like none of ours",
    {
      message: "ENOENT: no such file or directory, open 'secrets.json'",
      files: { "a.js": 'read("secrets.json");\n', "data/rates.csv": "" },
      at: ["a.js", 1],
    },
  ],
  [
    "misspelt-path",
    "two that it could be",
    {
      message: "ENOENT: no such file or directory, open 'rate.csv'",
      files: { "a.js": 'read("rate.csv");\n', "rates.csv": "", "rated.csv": "" },
      at: ["a.js", 1],
    },
  ],
  [
    "misspelt-path",
    "a path outside of the product",
    {
      message: "ENOENT: no such file or directory, open '/etc/passwod'",
      files: { "a.js": 'read("/etc/passwod");\n', passwd: "" },
      at: ["a.js", 1],
    },
  ],
  [
    "misspelt-include",
    "a header of the system",
    {
      message: "fatal error: openssl/ssl.h: No such file or directory",
      files: { "a.c": "#include <openssl/ssl.h>\n", "utils.h": "" },
      at: ["a.c", 1],
    },
  ],
  [
    "make-misspelt",
    "a file that has to be made elsewhere",
    { message: "No rule to make target 'dist/app.js', needed by 'all'", files: { Makefile: "all: dist/app.js\n" } },
  ],
  [
    "cmake-misspelt",
    "a package that is not installed",
    {
      message: "Could NOT find OpenSSL (missing: OPENSSL_LIBRARIES)",
      files: { "CMakeLists.txt": "find_package(OpenSSL)\n" },
      at: ["CMakeLists.txt", 1],
    },
  ],
  [
    "docker-copy-path",
    "what a stage before has built",
    {
      message: 'checking on sources under "/x": stat: "/app/dit": no such file or directory',
      files: { Dockerfile: "FROM a AS b\nCOPY --from=b /app/dit /\n", "app/dist/x": "" },
    },
  ],
  [
    "ansible-misspelt",
    "a module of a collection",
    {
      message: "couldn't resolve module/action 'community.docker.docker_container'",
      files: { "p.yml": "- hosts: a\n  tasks:\n    - community.docker.docker_container:\n" },
      at: ["p.yml", 3],
    },
  ],
  [
    "terraform-suggestion",
    "an argument without a suggestion",
    {
      message: 'An argument named "wholly_other" is not expected here.',
      files: { "m.tf": "wholly_other = 1\n" },
      at: ["m.tf", 1],
    },
  ],
  [
    "terraform-fmt",
    "another tool's format",
    { message: "m.tf differs", files: { "m.tf": "" }, at: ["m.tf", 1], tool: "prettier" },
  ],
  [
    "docs-link",
    "a page that nobody wrote",
    {
      message:
        "Doc file 'index.md' contains a link 'installation.md', but the target is not found among documentation files.",
      files: { "docs/index.md": "[a](installation.md)\n", "docs/usage.md": "" },
    },
  ],
  [
    "missing-init-py",
    "a folder without sources",
    { message: "No module named 'assets.x'; 'assets' is not a package", files: { "assets/logo.txt": "" } },
  ],
  [
    "missing-init-py",
    "a module that is a file",
    { message: "No module named 'json.x'; 'json' is not a package", files: { "a.py": "import json.x\n" } },
  ],
  [
    "python-missing-self",
    "a call with too many arguments",
    {
      message: "TypeError: A.f() takes 1 positional arguments but 3 were given",
      files: { "a.py": "class A:\n    def f(x):\n        return x\n" },
    },
  ],
  [
    "python-missing-self",
    "a function",
    {
      message: "TypeError: f() takes 0 positional arguments but 1 was given",
      files: { "a.py": "def f():\n    return 1\n" },
    },
  ],
  [
    "python-missing-self",
    "two classes with such a method",
    {
      message: "TypeError: A.f() takes 0 positional arguments but 1 was given",
      files: {
        "a.py": "class A:\n    def f():\n        return 1\n",
        "b.py": "class A:\n    def f():\n        return 1\n",
      },
    },
  ],
  [
    "python-encoding",
    "a file that is UTF-8",
    {
      message: "SyntaxError: Non-UTF-8 code starting with '\\xe4' in file a.py on line 1",
      files: { "a.py": "print('ä')\n" },
    },
  ],
  [
    "python-type-annotation",
    "a list that gets two types",
    {
      message: 'Need type annotation for "xs" (hint: "xs: list[<type>] = ...")',
      files: { "a.py": 'xs = []\nxs.append(1)\nxs.append("a")\n' },
      at: ["a.py", 1],
    },
  ],
  [
    "python-type-annotation",
    "a list that gets what nobody knows",
    {
      message: 'Need type annotation for "xs" (hint: "xs: list[<type>] = ...")',
      files: { "a.py": "xs = []\nxs.append(f())\n" },
      at: ["a.py", 1],
    },
  ],
  [
    "missing-type-annotation",
    "calls with several types",
    {
      message: "Parameter 'n' implicitly has an 'any' type.",
      files: { "a.ts": "function f(n) {}\nf(1);\nf('a');\n" },
      at: ["a.ts", 1, 12],
    },
  ],
  [
    "missing-type-annotation",
    "a callback",
    {
      message: "Parameter 'n' implicitly has an 'any' type.",
      files: { "a.ts": "later((n) => n);\n" },
      at: ["a.ts", 1, 8],
    },
  ],
  [
    "type-only-import",
    "another failure of the import",
    {
      message: "Module './b.js' has no exported member 'A'.",
      files: { "a.ts": "import { A } from './b.js';\n" },
      at: ["a.ts", 1, 10],
    },
  ],
  [
    "missing-override",
    "a place that is no member",
    {
      message: "This member must have an 'override' modifier because it overrides a member",
      files: { "a.ts": "const x = f();\n" },
      at: ["a.ts", 1, 11],
    },
  ],
  [
    "misspelt-literal",
    "a literal without a suggestion",
    {
      message: "Type '\"x\"' is not assignable to type 'Color'.",
      files: { "a.ts": 'const c: Color = "x";\n' },
      at: ["a.ts", 1],
    },
  ],
  [
    "deprecated-name",
    "advice that names nothing",
    {
      message: "DeprecationWarning: 'f' is deprecated, use the other one instead",
      files: { "a.py": "f()\n" },
      at: ["a.py", 1],
    },
  ],
  [
    "missing-rust-mod",
    "a crate, of which there is no source",
    {
      message: "use of unresolved module or unlinked crate `serde`",
      files: { "src/main.rs": "use serde::Serialize;\n" },
      at: ["src/main.rs", 1],
    },
  ],
  [
    "cargo-feature",
    "a crate that is not declared",
    {
      message: "could not find `extra` in `dep`\nthe item is gated behind the `extra` feature",
      files: { "Cargo.toml": "[dependencies]\n", "src/main.rs": "" },
      at: ["src/main.rs", 1],
    },
  ],
  [
    "missing-throws",
    "a lambda, which can declare nothing",
    {
      message: "unreported exception IOException; must be caught or declared to be thrown",
      files: { "A.java": "class A {\n    void f() {\n        g(() -> {\n            h();\n        });\n    }\n}\n" },
      at: ["A.java", 4],
    },
  ],
  [
    "java-file-name",
    "a name that is taken",
    {
      message: "class Money is public, should be declared in a file named Money.java",
      files: { "Mony.java": "public class Money {}\n", "Money.java": "class Other {}\n" },
      at: ["Mony.java", 1],
    },
  ],
  ["goimports", "no Go file", { message: "main.rs", files: { "main.rs": "" } }],
];

describe("what a fixer leaves alone", () => {
  it.each(REFUSED)("%s: %s", async (name, _why, fault) => {
    expect(await proposalsOf(name, fault)).toEqual([]);
  });
});

describe("a fixer's command is made of the repository's own names", () => {
  it("npm: the range of the other manifest, in the section that the importer stands for", async () => {
    const files = {
      "package.json": "{}",
      "b/package.json": json({ dependencies: { x: ">=1 <2" } }),
      "a.js": "",
      "test/a.test.js": "",
    };
    const args = async (file: string) => {
      const [proposal] = await proposalsOf("missing-npm-dependency", {
        message: `Cannot find package 'x' imported from /product/${file}`,
        files,
      });
      return proposal?.commands?.[0]?.args.slice(0, 3);
    };
    expect(await args("a.js")).toEqual(["install", "--save-prod", "x@>=1 <2"]);
    expect(await args("test/a.test.js")).toEqual(["install", "--save-dev", "x@>=1 <2"]);
  });

  it("npm: the version of the lock file", async () => {
    const lock = json({ packages: { "node_modules/@s/x": { version: "1.2.3" } } });
    const [proposal] = await proposalsOf("missing-npm-dependency", {
      message: "Cannot find package '@s/x' imported from /product/a.js",
      files: { "package.json": "{}", "package-lock.json": lock, "a.js": "" },
    });
    expect(proposal?.commands?.[0]?.args[2]).toBe("@s/x@^1.2.3");
  });

  it("types: the major version of what they describe", async () => {
    const of = async (manifest: unknown, name: string) => {
      const [proposal] = await proposalsOf("missing-types-package", {
        message: `Try \`npm i --save-dev @types/${name}\``,
        files: { "package.json": json(manifest) },
      });
      return proposal?.commands?.[0]?.args[2];
    };
    expect(await of({ engines: { node: ">=22.18" } }, "node")).toBe("@types/node@^22");
    expect(await of({ dependencies: { semver: "^7.1.0" } }, "semver")).toBe("@types/semver@^7");
    expect(await of({}, "jest")).toBe("@types/jest");
  });

  it("python: the requirement as the other file writes it, under the name of its distribution", async () => {
    const [proposal] = await proposalsOf("missing-python-dependency", {
      message: "No module named 'yaml'",
      files: {
        "requirements.txt": "a==1",
        "requirements-dev.txt": "PyYAML>=6, <7  # for the tests\n",
        "a.py": "import yaml\n",
      },
    });
    expect(proposal?.changes[0]?.after).toBe("a==1\nPyYAML>=6,<7\n");
  });

  it("pyproject.toml: among the dependencies of the project", async () => {
    const text =
      '[project]\nname = "p"\ndependencies = [\n    "a>=1",\n]\n\n[project.optional-dependencies]\ntest = [\n    "six>=1.16",\n]\n';
    const [proposal] = await proposalsOf("missing-python-dependency", {
      message: "No module named 'six'",
      files: {
        "pyproject.toml": text,
        "tools/pyproject.toml": '[project]\ndependencies = [\n    "six>=1.16",\n]\n',
        "a.py": "",
      },
    });
    expect(proposal?.changes[0]?.after).toContain('dependencies = [\n    "six>=1.16",\n    "a>=1",\n]');
  });
});
