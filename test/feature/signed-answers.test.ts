import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

// Who answers a question, when the account of the machine says so and when a signature has to.

let world: SpineWorld;
const key = (person: string) => join(world.root, "keys", person);
const publicKey = (person: string) => readFileSync(`${key(person)}.pub`, "utf8").trim();
const signers = (...people: string[]) =>
  world.governFiles({
    ".codemonkeys/allowed_signers": people
      .map((one) => `${one} namespaces="codemonkeys-approval" ${publicKey(one)}\n`)
      .join(""),
  });

beforeAll(async () => {
  world = await spineWorld({
    files: GOOD_PRODUCT,
    front: "packages: [{ ecosystem: npm, path: . }]\nstages: { test: npm test }",
  });
  mkdirSync(join(world.root, "keys"));
  mkdirSync(join(world.root, "home"));
  for (const person of ["ann", "bob"]) {
    const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", person, "-f", key(person)]);
    expect(made.status, String(made.stderr)).toBe(0);
  }
  await world.govern(
    `${LOOP_RULES}\n  - { id: people, ask: [release.tag], of: { group: managers } }\n`,
    "groups: { managers: [ann, bob, zoe] }\n",
  );
});
afterAll(() => world.close());

/** An answer given by a person on their own account. */
const approve = (person: string, id: string, ...args: string[]) =>
  world.runWith({ CODEMONKEYS_REQUESTER: person, HOME: join(world.root, "home") }, "approve", id, ...args);
const question = async () => {
  const asked = await world.result("release");
  expect(asked).toMatchObject({ code: 7, verdict: "waiting" });
  return asked.approval?.id ?? "";
};
const answered = async (person: string) => {
  const log = await world.result<{ entries: { kind: string; data: { person?: string; trust?: string } }[] }>(
    "audit",
    "show",
  );
  return log.data.entries.findLast(({ kind, data }) => kind === "approval.answered" && data.person === person)?.data;
};

it("without keys the account is trusted, and explain and the log say so", async () => {
  expect((await world.run("constitution", "explain", "release.tag")).stdout).toMatch(
    /an answer is trusted by the account it comes from.*\.codemonkeys\/allowed_signers/,
  );
  const id = await question();
  expect((await approve("ann", id, "--refuse")).code).toBe(0);
  expect(await answered("ann")).toMatchObject({ trust: "account" });
});

it("with keys only a signed answer of that very person counts, whatever stands in the database", async () => {
  await signers("ann", "bob");
  await world.change("feat: more", { "src/more.js": "export const more = 1;\n" });
  expect((await world.run("constitution", "explain", "release.tag")).stdout).toMatch(/the person's own signature/);
  const id = await question();

  const none = await approve("ann", id);
  expect(none).toMatchObject({ code: 6, stderr: expect.stringContaining("approval.no_key") });
  const stolen = await approve("ann", id, "--key", key("bob"));
  expect(stolen).toMatchObject({ code: 5, stderr: expect.stringContaining("approval.bad_signature") });

  const database = new DatabaseSync(join(world.state, "swarm.db"));
  database
    .prepare("insert into approval_votes (approval_id, person, answer, source, at) values (?, 'bob', 'yes', 'cli', 0)")
    .run(id);
  database.close();
  expect(await question()).toBe(id);

  const signed = await approve("ann", id, "--key", key("ann"));
  expect(signed).toMatchObject({ code: 0, stdout: expect.stringContaining("granted") });
  expect(await answered("ann")).toMatchObject({ trust: "signature" });

  // A key that was taken back counts no more, not even for what it has signed.
  await signers("bob");
  expect(await question()).not.toBe(id);
  await signers("ann", "bob");
  expect((await world.result("release")).code).toBe(0);
  expect(await world.git("ls-remote", "--tags", "origin")).toMatch(/refs\/tags\/v/);
});
