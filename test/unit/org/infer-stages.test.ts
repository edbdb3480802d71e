import { expect, test } from "vitest";
import { inferStages } from "../../../src/org/infer-stages.ts";
import { treeOf } from "../ecosystems/tree.ts";

type Files = Readonly<Record<string, string>>;

const RUST = new Set(["clippy", "fmt"]);

async function stagesOf(files: Files, cargo: ReadonlySet<string> = RUST) {
  const found = await inferStages(treeOf(files), { cargo });
  return Object.fromEntries(found.map(({ name, command }) => [name, command]));
}

const script = (scripts: Files, rest: object = {}) => JSON.stringify({ scripts, ...rest });

const GO = { build: "go build -o /dev/null ./...", vet: "go vet ./...", test: "go test ./..." };
const GOFMT = 'gofmt -d . && test -z "$(gofmt -l .)"';
const GO_MODULE: Files = { "go.mod": "module x\n", "main.go": "" };
const MEMBERS = {
  "package.json": script({}, { workspaces: ["packages/*"] }),
  "package-lock.json": "{}",
  "packages/a/package.json": script({ test: "node --test" }),
  "packages/b/package.json": script({ build: "tsc" }),
};

test.each<[string, Files, Files]>([
  ["a Go module", GO_MODULE, { ...GO, format: GOFMT }],
  [
    "golangci-lint where it is configured",
    { ...GO_MODULE, ".golangci.yml": "" },
    { ...GO, format: GOFMT, lint: "golangci-lint run" },
  ],
  ["no gofmt over others' code", { ...GO_MODULE, "vendor/y/y.go": "" }, GO],
  ["Maven", { "pom.xml": "" }, { build: "mvn -B -ntp compile", test: "mvn -B -ntp verify" }],
  [
    "Maven's wrapper, and modules through their parent",
    { "pom.xml": "", mvnw: "", "core/pom.xml": "" },
    { build: "./mvnw -B -ntp compile", test: "./mvnw -B -ntp verify" },
  ],
  [
    "Gradle",
    { "settings.gradle.kts": "", "app/build.gradle.kts": "", gradlew: "" },
    { build: "./gradlew --console=plain build -x test", test: "./gradlew --console=plain test" },
  ],
  [
    "a crate",
    { "Cargo.toml": '[package]\nname = "a"\n' },
    {
      build: "cargo build --all-targets",
      test: "cargo test",
      format: "cargo fmt --check",
      lint: "cargo clippy --all-targets",
    },
  ],
  [
    "a Cargo workspace, with its members through it",
    { "Cargo.toml": '[workspace]\nmembers = ["a"]\n', "a/Cargo.toml": '[package]\nname = "a"\n' },
    {
      build: "cargo build --workspace --all-targets",
      test: "cargo test --workspace",
      format: "cargo fmt --all --check",
      lint: "cargo clippy --workspace --all-targets",
    },
  ],
  [
    "scripts of npm",
    { "package.json": script({ build: "tsc", test: "vitest", lint: "eslint ." }) },
    { build: "npm run build", test: "npm test", lint: "npm run lint" },
  ],
  ["what npm init writes as a test is none", { "package.json": script({ test: 'echo "no test specified"' }) }, {}],
  [
    "npm workspaces: the members' scripts where the root has none",
    MEMBERS,
    { build: "npm ci && npm run build --workspaces --if-present", test: "npm run test --workspaces --if-present" },
  ],
  [
    "npm workspaces: the root's scripts count",
    {
      ...MEMBERS,
      "package.json": script({ test: "turbo test", build: "b" }, { workspaces: { packages: ["packages/*"] } }),
    },
    { build: "npm ci && npm run build", test: "npm test" },
  ],
  [
    "pytest, ruff and mypy of pyproject.toml",
    {
      "pyproject.toml": '[tool.ruff]\n[tool.mypy]\nfiles = ["src"]\n[tool.pytest.ini_options]\n',
      "tests/test_a.py": "",
    },
    { lint: "python3 -m ruff check .", types: "python3 -m mypy", test: "python3 -m pytest" },
  ],
  [
    "tools of requirements.txt, but for remarks",
    { "requirements-dev.txt": "pytest>=8\n# ruff some day\n", "test_a.py": "" },
    { test: "python3 -m pytest" },
  ],
  ["unittest without pytest", { "setup.cfg": "", "tests/test_a.py": "" }, { test: "python3 -m unittest discover" }],
  [
    "a virtual environment runs them, and is made where it is missing",
    { "requirements.txt": "pytest\n", "test_a.py": "", ".venv/pyvenv.cfg": "" },
    {
      build:
        "test -x .venv/bin/python || { python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt pytest; }",
      test: ".venv/bin/python -m pytest",
    },
  ],
  ["a Makefile", { Makefile: "X := 1\nall: x\ncheck:\n\ttrue\n" }, { test: "make check" }],
  [
    "no Makefile beside a manifest",
    { Makefile: "test:\n", "pom.xml": "" },
    { build: "mvn -B -ntp compile", test: "mvn -B -ntp verify" },
  ],
  [
    "several manifests, each in its folder",
    { "api/go.mod": "", "web/package.json": script({ test: "vitest", build: "vite build" }) },
    {
      build: `(cd 'api' && ${GO.build}) && (cd 'web' && npm run build)`,
      test: "(cd 'api' && go test ./...) && (cd 'web' && npm test)",
      format: `cd 'api' && ${GOFMT}`,
      vet: "cd 'api' && go vet ./...",
    },
  ],
  ["not those of examples and copies", { "examples/a/go.mod": "", "vendor/b/pom.xml": "" }, {}],
])("%s", async (_what, files, wanted) => {
  expect(await stagesOf(files)).toEqual(wanted);
});

test("clippy and rustfmt only where they run", async () => {
  expect(Object.keys(await stagesOf({ "Cargo.toml": "[package]\n" }, new Set()))).toEqual(["build", "test"]);
});

test("each stage names the files that it comes from", async () => {
  const found = await inferStages(treeOf({ "api/go.mod": "", "pom.xml": "" }), { cargo: RUST });
  expect(found.map(({ name, from }) => [name, ...from])).toEqual([
    ["build", "api/go.mod", "pom.xml"],
    ["test", "api/go.mod", "pom.xml"],
    ["format", "api/go.mod"],
    ["vet", "api/go.mod"],
  ]);
});
