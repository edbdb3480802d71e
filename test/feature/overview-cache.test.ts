import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
let scratch: string;

function status(): { mode: string; products: string[] } {
  const done = spawnSync(process.execPath, [join(ROOT, "bin", "codemonkeys.js"), "status", "--json"], {
    cwd: scratch,
    encoding: "utf8",
    env: {
      PATH: process.env.PATH,
      HOME: scratch,
      CODEMONKEYS_ORGANISATION: join(scratch, "organisation"),
      CODEMONKEYS_STATE: join(scratch, "state"),
      CODEMONKEYS_CACHE: join(scratch, "cache"),
    },
  });
  if (done.status !== 0) throw new Error(done.stdout + done.stderr);
  const { data } = JSON.parse(done.stdout);
  return { mode: data.mode, products: data.products.map(({ name }: { name: string }) => name) };
}

async function write(name: string, change: (text: string) => string): Promise<void> {
  const organisation = join(scratch, "organisation");
  const file = join(organisation, name);
  await writeFile(file, change(await readFile(file, "utf8")));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], { cwd: organisation });
  git("add", "-A");
  git("commit", "-q", "-m", "change");
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  const organisation = join(scratch, "organisation");
  execFileSync("git", ["init", "-q", "-b", "main", organisation]);
  await writeFile(
    join(organisation, "constitution.yaml"),
    await readFile(join(ROOT, "demo", "organisation", "constitution.yaml")),
  );
  await writeFile(join(organisation, "fleet.yaml"), "companies: { acme: {} }\nproducts: {}\n");
  await write("fleet.yaml", (text) => text);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test("what a status remembers of the organisation is never older than its files, nor anybody else's", async () => {
  expect(status()).toEqual({ mode: "act", products: [] });
  const remembered = join(scratch, "cache", "overview", "organisation.json");
  const kept = JSON.parse(await readFile(remembered, "utf8"));
  expect(kept.value.known.mode).toBe("act");

  // It is really used: a value that only stands there is shown.
  const changed = { ...kept, value: { ...kept.value, known: { ...kept.value.known, mode: "observe" } } };
  await writeFile(remembered, JSON.stringify(changed));
  expect(status().mode).toBe("observe");
  // Not from a file that others can write, of another build, or damaged.
  await chmod(remembered, 0o666);
  expect(status().mode).toBe("act");
  await writeFile(remembered, JSON.stringify({ ...changed, build: "another" }));
  expect(status().mode).toBe("act");
  await writeFile(remembered, "{");
  expect(status().mode).toBe("act");

  // Where git has to be asked, and when the branch goes back.
  const inOrganisation = (...args: string[]) =>
    execFileSync("git", args, { cwd: join(scratch, "organisation"), encoding: "utf8" }).trim();
  expect(status().mode).toBe("act");
  await writeFile(remembered, JSON.stringify({ ...changed, of: JSON.parse(await readFile(remembered, "utf8")).of }));
  inOrganisation("pack-refs", "--all");
  expect(status().mode).toBe("observe");
  await rm(remembered);

  await write("fleet.yaml", () => "companies: { acme: {} }\nproducts: { pay: { company: acme, repo: /nowhere } }\n");
  expect(status().products).toEqual(["pay"]);
  await write("constitution.yaml", (text) => `${text.replace(/^mode:.*\n/m, "")}mode: observe\n`);
  expect(status().mode).toBe("observe");
  inOrganisation("reset", "-q", "--hard", "HEAD~2");
  expect(status()).toEqual({ mode: "act", products: [] });
});
