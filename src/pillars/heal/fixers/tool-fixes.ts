import type { FixCommand } from "../candidate.ts";
import { type Fixer, type FixerInput, placeOf, textOf } from "./fixer.ts";

/**
 * Repairs that the tools make themselves. Their words are fixed here; the only thing taken from a log is the name of a
 * file that is in the product.
 */
function toolFixer(
  name: string,
  summary: string,
  trust: number,
  commandsFor: (text: string, input: FixerInput) => Promise<readonly FixCommand[]>,
): Fixer {
  return {
    name,
    summary,
    trust,
    async propose(input) {
      const commands = await commandsFor(textOf(input), input);
      return commands.length === 0 ? [] : [{ summary, changes: [], commands }];
    },
  };
}

const run = (command: string, ...args: string[]): FixCommand => ({ command, args, network: "none" });

/** The Go files that gofmt or goimports name: with `-d` as headers of differences, with `-l` one on a line. */
async function goFiles(text: string, tree: FixerInput["tree"]): Promise<ReadonlySet<string>> {
  const named = [...text.matchAll(/^diff (?:-u )?(\S+\.go)\.orig \S+$/gm), ...text.matchAll(/^([\w./-]+\.go)$/gm)];
  const files = new Set<string>();
  for (const [, path = ""] of named) {
    const file = await tree.locate(path);
    if (file !== undefined) files.add(file);
  }
  return files;
}

export const gofmt = toolFixer("gofmt", "format Go files with gofmt", 0.9, async (text, { tree }) => {
  const files = await goFiles(text, tree);
  return files.size === 0 ? [] : [run("gofmt", "-w", ...files)];
});

export const cargoFmt = toolFixer("cargo-fmt", "format Rust files with cargo fmt", 0.9, async (text) =>
  /^Diff in \S+\.rs[: ]/m.test(text) ? [run("cargo", "fmt", "--all")] : [],
);

export const cargoFix = toolFixer("cargo-fix", "apply what cargo fix is sure of", 0.9, async (text, { tree }) => {
  const fixable =
    /\b(?:unused (?:import|variable|`mut`|parens|braces|must_use)|variable does not need to be mutable|unnecessary parentheses)/.test(
      text,
    );
  if (!fixable || !(await tree.paths()).includes("Cargo.toml")) return [];
  return [{ ...run("cargo", "fix", "--allow-dirty", "--allow-staged", "--all-targets"), network: "host" }];
});

export const clippyFix = toolFixer("clippy-fix", "apply what clippy is sure of", 0.9, async (text) =>
  /clippy::/.test(text)
    ? [{ ...run("cargo", "clippy", "--fix", "--allow-dirty", "--allow-staged", "--all-targets"), network: "host" }]
    : [],
);

export const biomeFix = toolFixer(
  "biome-fix",
  "apply biome's safe fixes and its format",
  0.9,
  async (text, { tree }) => {
    const files = new Set<string>();
    for (const [, path = ""] of text.matchAll(
      /^(\S+\.\w+)(?::\d+:\d+)? (?:lint\/|format\b|assist\/|organizeImports)/gm,
    )) {
      const file = await tree.locate(path);
      if (file !== undefined) files.add(file);
    }
    return files.size === 0 ? [] : [run("biome", "check", "--write", ...files)];
  },
);

export const eslintFix = toolFixer("eslint-fix", "apply eslint's own fixes", 0.9, async (_text, input) => {
  const file = (await placeOf(input))?.file;
  return input.failure.tool === "eslint" && file !== undefined
    ? [run("npx", "--no-install", "eslint", "--fix", file)]
    : [];
});

export const prettierWrite = toolFixer("prettier-write", "format with prettier", 0.9, async (text, { tree }) => {
  if (!/\[warn\] |Code style issues found/.test(text)) return [];
  const files: string[] = [];
  for (const [, path = ""] of text.matchAll(/^\[warn\] (\S+\.\w+)$/gm)) {
    const file = await tree.locate(path);
    if (file !== undefined) files.push(file);
  }
  return files.length === 0 ? [] : [run("npx", "--no-install", "prettier", "--write", ...files)];
});

export const ruffFix = toolFixer("ruff-fix", "apply ruff's safe fixes", 0.9, async (_text, input) =>
  input.failure.tool === "ruff" ? [run("ruff", "check", "--fix", "."), run("ruff", "format", ".")] : [],
);

export const npmLock = toolFixer("npm-lock", "bring package-lock.json in line with package.json", 0.9, async (text) =>
  /package\.json and package-lock\.json[^\n]* are (?:not )?in sync|Missing: \S+ from lock file|Invalid: lock file's/.test(
    text,
  )
    ? [
        {
          ...run("npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"),
          network: "host",
        },
      ]
    : [],
);

export const cargoLock = toolFixer("cargo-lock", "bring Cargo.lock in line with Cargo.toml", 0.9, async (text) =>
  /(?:the lock file|cannot update the lock file) \S+ (?:needs to be updated but|because) --locked/.test(text)
    ? [{ ...run("cargo", "update", "--workspace"), network: "host" }]
    : [],
);

export const goModTidy = toolFixer(
  "go-mod-tidy",
  "bring go.mod and go.sum in line with the imports",
  0.9,
  async (text) =>
    /go mod tidy|missing go\.sum entry|updates to go\.mod needed|replaced but not required/.test(text)
      ? [{ ...run("go", "mod", "tidy"), network: "host" }]
      : [],
);

/** gofmt and goimports show the same difference; where gofmt leaves one, goimports orders the imports as well. */
export const goimports = toolFixer(
  "goimports",
  "order and format Go imports with goimports",
  0.7,
  async (text, { tree }) => {
    const files = await goFiles(text, tree);
    return files.size === 0 ? [] : [run("goimports", "-w", ...files)];
  },
);

export const tofuFmt = toolFixer("terraform-fmt", "format OpenTofu and Terraform files", 0.9, async (_text, input) => {
  const file = (await placeOf(input))?.file;
  if (input.failure.tool !== "terraform fmt" || !file || !/\.(?:tf|tofu|tfvars)$/.test(file)) return [];
  // Whichever of the two the product uses is there; the other one is not found and changes nothing.
  return [run("tofu", "fmt", "-recursive", "."), run("terraform", "fmt", "-recursive", ".")];
});
