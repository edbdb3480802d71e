import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

// Who may answer a question, how long, and to which plan: as people at their terminals see it.

let world: SpineWorld;

beforeAll(async () => {
  world = await spineWorld({
    files: GOOD_PRODUCT,
    front: "packages: [{ ecosystem: npm, path: . }]\nstages: { test: npm test }",
  });
  await world.govern(
    `${LOOP_RULES}\n  - { id: two-people, ask: [release.tag], of: { group: managers, count: 2, within: 4h } }\n`,
    "groups: { managers: [ann, bob, zoe] }\n",
  );
});
afterAll(() => world.close());

const approve = (person: string, id: string, ...args: string[]) =>
  world.runWith({ CODEMONKEYS_REQUESTER: person }, "approve", id, ...args);
const question = async () => {
  const asked = await world.result("release");
  expect(asked).toMatchObject({ code: 7, verdict: "waiting" });
  return asked.approval?.id ?? "";
};

it("needs two distinct people of the group, neither of whom asked", async () => {
  const id = await question();
  expect(await approve("zoe", id)).toMatchObject({
    code: 5,
    stderr: expect.stringContaining("zoe asked for it and cannot agree to it  approval.own_request"),
  });
  expect(await approve("eve", id)).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/eve is not of the group managers.*approval\.not_a_member\n.*ann, bob, zoe/),
  });
  expect(await approve("ann", id)).toMatchObject({ code: 0, stdout: expect.stringContaining("1 of 2 have agreed") });
  // Saying it twice makes nobody two people.
  expect((await approve("ann", id)).stdout).not.toContain("granted");

  expect(await question()).toBe(id);

  // Nothing was done yet, and the branch moves on: that is another plan, and another question.
  await world.change("feat: more", { "src/more.js": "export const more = 1;\n" });
  const other = await question();
  expect(other).not.toBe(id);
  expect(await approve("bob", id)).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/is void: the plan that it asked about has changed {2}approval\.not_open/),
  });

  const began = await world.git("rev-parse", "origin/main");
  expect((await approve("ann", other)).stdout).toContain("1 of 2 have agreed");
  expect(await approve("bob", other)).toMatchObject({ code: 0, stdout: expect.stringContaining("granted") });
  expect((await world.result("release")).code).toBe(0);
  await world.git("fetch", "--tags", "origin");
  expect(await world.git("rev-parse", "v1.0.0~1")).toBe(began);
});

it("is answered by nobody once its time is over, and what was agreed to in time is used in time", async () => {
  await world.change("feat: and more", { "src/late.js": "export const late = 1;\n" });
  const late = await question();
  expect((await approve("ann", late)).code).toBe(0);
  overSince(late, Date.UTC(2026, 0, 5, 9, 30));
  expect(await approve("bob", late)).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/until Mon 5 Jan 2026 09:30, and that is over {2}approval\.expired\n.*asks anew/),
  });

  const agreed = await question();
  expect(agreed).not.toBe(late);
  expect((await world.run("audit", "show")).stdout).toContain(`nobody answered in time (${late})`);
  for (const person of ["ann", "bob"]) expect((await approve(person, agreed)).code).toBe(0);
  const tags = await world.git("ls-remote", "--tags", "origin");
  overSince(agreed, Date.now() - 1000);
  const again = await question();
  expect(again).not.toBe(agreed);
  expect(await world.git("ls-remote", "--tags", "origin")).toBe(tags);

  for (const person of ["ann", "bob"]) expect((await approve(person, again)).code).toBe(0);
  expect((await world.result("release")).code).toBe(0);
  expect(await world.git("ls-remote", "--tags", "origin")).not.toBe(tags);
});

/** Nobody waits four hours for a test. */
function overSince(id: string, until: number): void {
  const database = new DatabaseSync(join(world.state, "swarm.db"));
  expect(database.prepare("update approvals set until = ? where id = ?").run(until, id).changes).toBe(1);
  database.close();
}
