import picomatch from "picomatch";
import type { Constitution } from "./constitution.ts";

/**
 * Protected in every product, whatever the constitution says more: policy, spec, tests, CI files, the program's own
 * configuration, and encrypted secrets. A constitution lifts one of them by `!glob` under `protect`.
 */
export const ALWAYS_PROTECTED: readonly string[] = [
  "SPEC.md",
  "constitution.yaml",
  "fleet.yaml",
  "**/.codemonkeys/**",
  "**/test/**",
  "**/tests/**",
  "**/__tests__/**",
  "**/*.test.*",
  "**/*.spec.*",
  "**/test_*.py",
  "**/*_test.*",
  "**/conftest.py",
  "Jenkinsfile",
  "jenkinsfiles/**",
  ".github/**",
  ".gitlab-ci.yml",
  ".ci/**",
  "CODEOWNERS",
  "**/*.sops.*",
  "**/.sops.yaml",
];

const OPTIONS = { dot: true, nocase: true, strictSlashes: false } as const;
const matchers = new WeakMap<
  Constitution,
  readonly { readonly lifts: boolean; readonly matches: (path: string) => boolean }[]
>();

/**
 * Those of the paths that are protected. Paths are relative to the repository, with `/` or `\`, with or without `./`;
 * one that leaves the repository (`../x`, an absolute path) counts as protected. Globs are matched in order without
 * regard to case (a file system may not have any), and the last that matches counts.
 */
export function protectedPaths(constitution: Constitution, paths: readonly string[]): string[] {
  let globs = matchers.get(constitution);
  if (!globs) {
    globs = [...ALWAYS_PROTECTED, ...constitution.document.protect].map((glob) => {
      const lifts = glob.startsWith("!");
      return { lifts, matches: picomatch(lifts ? glob.slice(1) : glob, OPTIONS) };
    });
    matchers.set(constitution, globs);
  }
  return paths.filter((path) => {
    const plain = normalise(path);
    if (plain === undefined) return true;
    return globs.reduce((verdict, { lifts, matches }) => (matches(plain) ? !lifts : verdict), false);
  });
}

const NOTHING_PROTECTED = /\bsize\(\s*change\.protected\s*\)\s*(?:==\s*0|<\s*1)/g;

/**
 * Whether a rule asks people about changes of protected paths: one that asks about commits and says so itself, with
 * `change.protected` in its condition, for more than to leave such changes out. Without one, nothing that touches such a
 * path is even tried.
 */
export function asksAboutProtected(constitution: Constitution): boolean {
  return constitution.document.rules.some(
    (rule) =>
      "ask" in rule &&
      rule.ask?.some((action) => /^(?:git\.|\*)/.test(action)) &&
      /\bchange\.protected\b/.test((rule.when ?? "").replaceAll(NOTHING_PROTECTED, "")),
  );
}

/** Whether a branch is protected by the constitution's list; the host may protect more. */
export function isProtectedBranch(constitution: Constitution, branch: string): boolean {
  return picomatch.isMatch(branch, constitution.document.protected_branches as string[], { dot: true });
}

/** The path without `.` and `..`; undefined when it leads out of the repository. */
function normalise(path: string): string | undefined {
  const slashed = path.replaceAll("\\", "/");
  if (slashed.startsWith("/") || /^[a-z]:/i.test(slashed)) return undefined;
  const parts: string[] = [];
  for (const part of slashed.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else {
      parts.push(part);
    }
  }
  return parts.join("/");
}
