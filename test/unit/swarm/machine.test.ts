import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { claimForMachine, type Machine, thisMachine } from "../../../src/swarm/machine.ts";
import { openSwarm, type Swarm } from "../../../src/swarm/open.ts";
import { code, value } from "./suite/support.ts";

let stateDir: string;
let swarm: Swarm;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  swarm = value(await openSwarm({ stateDir }));
});
afterEach(async () => {
  await swarm.close();
  await rm(stateDir, { recursive: true, force: true });
});

const machine = (id: string | undefined, boot: string, more: Partial<Machine> = {}): Machine => ({
  id,
  boot,
  host: `host-${id ?? boot}`,
  given: false,
  ...more,
});
const claims = async (...machines: Machine[]) => {
  const answers: (string | undefined)[] = [];
  for (const one of machines) {
    const claimed = await claimForMachine(swarm, one, { shared: async () => true });
    answers.push(claimed.ok ? undefined : code(claimed));
  }
  return answers;
};
const REFUSED = "swarm.other_machine";

describe("a database that is a file is for one machine", () => {
  test("a second machine is refused, and told of the first and how to go on", async () => {
    expect(await claims(machine("a", "boot-1"), machine("b", "boot-2"), machine("a", "boot-1"))).toEqual([
      undefined,
      REFUSED,
      undefined,
    ]);
    const refused = await claimForMachine(swarm, machine("b", "boot-2"));
    expect(JSON.stringify(refused)).toMatch(/host-a/);
    expect(JSON.stringify(refused)).toMatch(/database\.url_env.*doctor --adopt-database.*CODEMONKEYS_MACHINE_ID/);
  });

  test("a restart and another host name are the same machine", async () => {
    const renamed = machine("a", "boot-1", { host: "renamed" });
    expect(await claims(machine("a", "boot-1"), renamed, machine("a", "boot-2"), machine("a", "boot-3"))).toEqual(
      Array(4).fill(undefined),
    );
  });

  test("clones with one id are found out when a kernel comes back that another one has followed", async () => {
    expect(await claims(machine("a", "boot-1"), machine("a", "boot-2"), machine("a", "boot-1"))).toEqual([
      undefined,
      undefined,
      REFUSED,
    ]);
  });

  test("containers on one kernel are one machine, whatever they are called", async () => {
    const containers = [machine(undefined, "boot-1"), machine("x", "boot-1"), machine("y", "boot-1")];
    expect(await claims(...containers, ...containers)).toEqual(Array(6).fill(undefined));
    const { count } = await swarm.db
      .selectFrom("machines")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    expect(count).toBe(1);
  });

  test("without an id, another start is only another machine where the file may be shared", async () => {
    expect(await claims(machine(undefined, "boot-1"), machine(undefined, "boot-2"))).toEqual([undefined, REFUSED]);
    const local = await claimForMachine(swarm, machine(undefined, "boot-2"), { shared: async () => false });
    expect(local.ok).toBe(true);
  });

  test("a given id counts alone", async () => {
    const given = (id: string, boot: string) => machine(id, boot, { given: true });
    expect(await claims(given("pod", "boot-1"), given("pod", "boot-2"), given("pod", "boot-1"))).toEqual(
      Array(3).fill(undefined),
    );
    expect(await claims(given("other", "boot-1"))).toEqual([REFUSED]);
  });

  test("who adopts it has it, and the one before has not", async () => {
    await claims(machine("a", "boot-1"));
    const b = machine("b", "boot-2");
    expect(code(await claimForMachine(swarm, b, { look: true }))).toBe(REFUSED);
    value(await claimForMachine(swarm, b, { adopt: true }));
    expect(await claims(b, machine("a", "boot-1"))).toEqual([undefined, REFUSED]);
  });
});

test("this machine has the same id each time, another one when it is named, and never its name in clear", () => {
  expect(thisMachine({})).toEqual(thisMachine({}));
  const named = thisMachine({ CODEMONKEYS_MACHINE_ID: "runner-7" });
  expect(named).toMatchObject({ given: true });
  expect(named.id).toMatch(/^[0-9a-f]{32}$/);
  expect(named.id).not.toBe(thisMachine({}).id);
});
