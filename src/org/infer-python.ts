import { type Tree, within } from "../ecosystems/index.ts";

/** Commands by the names of their stages, without the `cd` into the folder; undefined: none. */
export type FoundCommands = Readonly<Record<string, string | undefined>>;

/** Where a Python project says what it uses. */
const CONFIGURATION =
  /^(?:pyproject\.toml|setup\.cfg|setup\.py|tox\.ini|Pipfile|requirements[\w.-]*\.txt|requirements\/[\w.-]+\.txt)$/;

const TESTS = /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/;

/**
 * pytest, ruff and mypy where the project's files name them; unittest where there are tests and no pytest. Where the
 * folder has a virtual environment, its Python runs them, and `build` makes the environment where it is missing (CI).
 */
export async function pythonCommands(tree: Tree, folder: string, files: ReadonlySet<string>): Promise<FoundCommands> {
  const prefix = within(folder, "");
  const below = [...files].filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
  const configured: Record<string, string> = {};
  for (const file of below.filter((one) => CONFIGURATION.test(one))) {
    // A remark about a tool does not ask for it.
    configured[file] = ((await tree.read(`${prefix}${file}`)) ?? "").replaceAll(/(?:^|\s)#.*$/gm, "");
  }
  const text = Object.values(configured).join("\n");
  const uses = (tool: string, ...own: readonly string[]) =>
    new RegExp(`\\b${tool}\\b`).test(text) || own.some((file) => below.includes(file));
  const pytest = uses("pytest", "pytest.ini", "conftest.py", "tests/conftest.py");
  const ruff = uses("ruff", "ruff.toml", ".ruff.toml");
  const mypy = uses("mypy", "mypy.ini", ".mypy.ini");
  const hasTests = below.some((file) => TESTS.test(file));
  const environment = (await tree.read(`${prefix}.venv/pyvenv.cfg`)) !== undefined;
  const python = environment ? ".venv/bin/python" : "python3";
  const named = mypy && /^(?:files|packages|modules)\s*=/m.test(text);
  return {
    build: environment ? environmentCommand(configured, { pytest, ruff, mypy }) : undefined,
    lint: ruff ? `${python} -m ruff check .` : undefined,
    types: mypy ? `${python} -m mypy${named ? "" : " ."}` : undefined,
    test: hasTests ? `${python} -m ${pytest ? "pytest" : "unittest discover"}` : undefined,
  };
}

function environmentCommand(
  configured: Readonly<Record<string, string>>,
  tools: Readonly<Record<string, boolean>>,
): string {
  const requirements = Object.keys(configured).filter((file) => file.endsWith(".txt"));
  const isPackage =
    /^\[(?:project|build-system)\]/m.test(configured["pyproject.toml"] ?? "") || "setup.py" in configured;
  const wanted = [
    ...requirements.sort().map((file) => `-r ${file}`),
    ...(isPackage ? ["-e ."] : []),
    ...Object.keys(tools).filter((tool) => tools[tool]),
  ];
  const install = wanted.length === 0 ? "" : ` && .venv/bin/python -m pip install ${wanted.join(" ")}`;
  return `test -x .venv/bin/python || { python3 -m venv .venv${install}; }`;
}
