import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";

const made: string[] = [];
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

export function scratch(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "codemonkeys-")));
  made.push(path);
  return path;
}

/** git as a person would run it, to set scenes and to look at results from outside. */
export function raw(cwd: string, ...args: string[]): string {
  return execFileSync("git", ["-c", "user.name=Ann", "-c", "user.email=ann@example.test", ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
}

export function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A repository with one commit of `a.txt`, and a bare `origin` that has it. */
export function repository(): { root: string; remote: string; first: string } {
  const home = scratch();
  const [root, remote] = [join(home, "work"), join(home, "remote.git")];
  raw(home, "init", "-q", "--bare", "-b", "main", remote);
  raw(home, "init", "-q", "-b", "main", root);
  put(root, "a.txt", "one\n");
  raw(root, "add", ".");
  raw(root, "commit", "-qm", "feat: first");
  raw(root, "remote", "add", "origin", remote);
  raw(root, "push", "-qu", "origin", "main");
  return { root, remote, first: raw(root, "rev-parse", "HEAD") };
}
