import { expect, test } from "vitest";
import { createBuild, updateBuild } from "../../../../src/swarm/builds.ts";
import { pause, pausesInForce, resume } from "../../../../src/swarm/pauses.ts";
import {
  countBuild,
  getProduct,
  listAccounts,
  listCompanies,
  listProducts,
  upsertAccount,
  upsertCompany,
  upsertProduct,
} from "../../../../src/swarm/products.ts";
import { openReader } from "../../../../src/swarm/reader.ts";
import { listServers, upsertServer } from "../../../../src/swarm/servers.ts";
import { readStanding } from "../../../../src/swarm/standing.ts";
import { APPROVAL_MODES, LIFECYCLE, PRIORITIES, SERVER_STATES } from "../../../../src/swarm/states.ts";
import { code, locate, type MakePlace, openRelease, START, useSwarm, value } from "./support.ts";

/** Companies, accounts, products, servers and pauses. */
export function fleetSuite(make: MakePlace): void {
  const at = useSwarm(make);
  const payments = { company: "acme", name: "payments", repository: "https://example.org/acme/payments" };

  test("a new product has the defaults, and a change keeps what it does not name", async () => {
    expect(value(await upsertProduct(at.swarm, payments))).toEqual({
      ...payments,
      githubRepoId: undefined,
      tier: 2,
      priority: "medium",
      lifecycle: "discovered",
      approvalMode: "checkpoints",
      failCount: 0,
      setupRequired: false,
      createdAt: START,
      updatedAt: START,
    });
    value(await upsertProduct(at.swarm, { ...payments, tier: 0, priority: "critical", setupRequired: true }));
    value(await upsertProduct(at.swarm, { ...payments, lifecycle: "active" }));
    expect(value(await getProduct(at.swarm, "acme", "payments"))).toMatchObject({
      tier: 0,
      priority: "critical",
      setupRequired: true,
      lifecycle: "active",
    });
    expect(value(await getProduct(at.swarm, "globex", "payments"))).toBeUndefined();
    expect(value(await listCompanies(at.swarm))).toEqual(["acme"]);
  });

  test("every lifecycle, priority and approval mode of the data model is taken, and no other", async () => {
    for (const lifecycle of LIFECYCLE) value(await upsertProduct(at.swarm, { ...payments, lifecycle }));
    for (const priority of PRIORITIES) value(await upsertProduct(at.swarm, { ...payments, priority }));
    for (const approvalMode of APPROVAL_MODES) value(await upsertProduct(at.swarm, { ...payments, approvalMode }));
    await expect(upsertProduct(at.swarm, { ...payments, lifecycle: "asleep" as "active" })).rejects.toThrow();
  });

  test("a product that was renamed or moved is known by its repository id", async () => {
    value(await upsertProduct(at.swarm, { ...payments, githubRepoId: 7, lifecycle: "active" }));
    const moved = value(
      await upsertProduct(at.swarm, {
        company: "globex",
        name: "pay",
        repository: "https://example.org/p",
        githubRepoId: 7,
      }),
    );
    expect(moved).toMatchObject({ company: "globex", name: "pay", lifecycle: "active" });
    expect(value(await listProducts(at.swarm))).toHaveLength(1);
    // Its new name was known already, by fleet.yaml say: then that row is the product.
    value(await upsertProduct(at.swarm, payments));
    value(await upsertProduct(at.swarm, { ...payments, githubRepoId: 7 }));
    expect(value(await listProducts(at.swarm))).toMatchObject([
      { company: "acme", name: "payments", githubRepoId: 7, lifecycle: "discovered" },
      { company: "globex", name: "pay", githubRepoId: undefined, lifecycle: "missing" },
    ]);
  });

  test("products are listed by company and lifecycle", async () => {
    for (const [company, name] of [
      ["globex", "b"],
      ["acme", "z"],
      ["acme", "a"],
    ] as const) {
      value(await upsertProduct(at.swarm, { company, name, repository: name }));
    }
    value(await upsertProduct(at.swarm, { company: "acme", name: "z", repository: "z", lifecycle: "missing" }));
    expect(value(await listProducts(at.swarm)).map((product) => product.name)).toEqual(["a", "z", "b"]);
    expect(value(await listProducts(at.swarm, { company: "acme", lifecycle: "missing" }))).toMatchObject([
      { name: "z" },
    ]);
  });

  test("failed builds in a row are counted, and a pass begins anew", async () => {
    value(await upsertProduct(at.swarm, payments));
    const build = { company: "acme", product: "payments" };
    expect(value(await countBuild(at.swarm, { ...build, passed: false }))).toBe(1);
    expect(value(await countBuild(at.swarm, { ...build, passed: false }))).toBe(2);
    expect(value(await countBuild(at.swarm, { ...build, passed: true }))).toBe(0);
    expect(code(await countBuild(at.swarm, { ...build, product: "none", passed: true }))).toBe("swarm.unknown_product");
  });

  test("an account names where its token is", async () => {
    value(await upsertCompany(at.swarm, "acme"));
    value(await upsertAccount(at.swarm, { company: "acme", service: "npm", token: { secret: "npm_token" } }));
    value(await upsertAccount(at.swarm, { company: "acme", service: "github", token: { env: "OLD" } }));
    value(await upsertAccount(at.swarm, { company: "acme", service: "github", token: { env: "ACME_GITHUB_TOKEN" } }));
    value(await upsertAccount(at.swarm, { company: "globex", service: "github", token: { env: "G" } }));
    expect(value(await listAccounts(at.swarm, "acme"))).toEqual([
      { company: "acme", service: "github", token: { env: "ACME_GITHUB_TOKEN" } },
      { company: "acme", service: "npm", token: { secret: "npm_token" } },
    ]);
  });

  test("a server goes through its states", async () => {
    const web = { company: "acme", name: "web-1", host: "web-1.example", labels: ["linux", "arm"] };
    value(await upsertServer(at.swarm, web));
    expect(value(await listServers(at.swarm))).toMatchObject([{ ...web, state: "discovered", detail: undefined }]);
    for (const state of SERVER_STATES) value(await upsertServer(at.swarm, { ...web, state, detail: `is ${state}` }));
    value(await upsertServer(at.swarm, { ...web, host: "new" }));
    expect(value(await listServers(at.swarm, { company: "acme", state: "error" }))).toMatchObject([
      { host: "new", state: "error", detail: "is error" },
    ]);
    expect(value(await listServers(at.swarm, { state: "ready" }))).toEqual([]);
  });

  test("a pause holds up what is in its scope, until that scope is resumed", async () => {
    const product = { scope: "product", company: "acme", product: "payments" } as const;
    const first = value(await pause(at.swarm, { of: product, reason: "incident", by: "kim" }));
    expect(value(await pause(at.swarm, { of: product, reason: "again", by: "lee" }))).toEqual(first);
    value(await pause(at.swarm, { of: { scope: "company", company: "globex" }, reason: "audit", by: "kim" }));
    const of = (company: string, name: string) => pausesInForce(at.swarm, { company, product: name });
    expect(value(await of("acme", "payments"))).toEqual([first]);
    expect(value(await of("acme", "shop"))).toEqual([]);
    expect(value(await of("globex", "payments"))).toMatchObject([{ reason: "audit" }]);
    value(await pause(at.swarm, { of: { scope: "fleet" }, reason: "freeze", by: "kim" }));
    expect(value(await of("acme", "payments")).map((one) => one.reason)).toEqual(["freeze", "incident"]);
    expect(value(await of("other", "x")).map((one) => one.reason)).toEqual(["freeze"]);
    expect(value(await pausesInForce(at.swarm))).toHaveLength(3);
    expect(value(await resume(at.swarm, { of: product, by: "kim" }))).toBe(1);
    expect(value(await resume(at.swarm, { of: product, by: "kim" }))).toBe(0);
    expect(value(await of("acme", "payments")).map((one) => one.reason)).toEqual(["freeze"]);
    value(await resume(at.swarm, { of: { scope: "fleet" }, by: "kim" }));
    expect(value(await of("acme", "payments"))).toEqual([]);
    expect(value(await of("globex", "x"))).toHaveLength(1);
  });

  test("how the fleet stands is the same rows for who only reads", async () => {
    value(await upsertProduct(at.swarm, { ...payments, tier: 1, setupRequired: true }));
    const build = async (parameters: Record<string, string>) => {
      const of = { company: "acme", product: "payments", job: "main", cause: "test", parameters };
      const made = value(await createBuild(at.swarm, of));
      at.clock.time += 1_000;
      return value(await updateBuild(at.swarm, made.id, { state: "passed" })).id;
    };
    const whole = await build({});
    const stage = await build({ stage: "test" });
    value(
      await createBuild(at.swarm, { company: "acme", product: "payments", job: "main", cause: "x", parameters: {} }),
    );
    for (const version of ["1.4.0", "1.5.0"]) {
      at.clock.time += 1_000;
      const run = await openRelease(at.swarm, { key: `payments@${version}` });
      value(await run.finish("succeeded"));
    }
    for (const key of ["a", "b"]) value(await (await openRelease(at.swarm, { kind: "heal", key })).finish("succeeded"));
    const left = await openRelease(at.swarm, { key: "payments@1.6.0", title: "release payments 1.6.0" });
    value(await pause(at.swarm, { of: { scope: "company", company: "acme" }, reason: "freeze", by: "kim" }));

    const reader = value(await openReader(locate(at.place)));
    const standing = value(await readStanding(reader));
    await reader.close();
    expect(standing).toMatchObject({
      products: [{ company: "acme", name: "payments", tier: 1, fail_count: 0, setup_required: 1 }],
      builds: [{ id: stage }, { id: whole, state: "passed", company: "acme", product: "payments" }],
      releases: [{ key: "payments@1.5.0" }],
      heals: [{ product: "payments", heals: 2 }],
      unfinished: [{ id: left.id, status: "running", title: "release payments 1.6.0" }],
      approvals: [],
      pauses: [{ scope: "company", company: "acme", reason: "freeze" }],
      takenBack: [],
      deadLetters: 0,
    });
    expect(standing.builds).toHaveLength(2);
  });
}
