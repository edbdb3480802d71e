import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProcess } from "../../src/core/process.ts";
import { createWorld, type World } from "../feature/heal-world.ts";
import {
  BERTHS,
  FREIGHT,
  HARBOUR,
  JEST,
  MOCHA,
  QUAY,
  type SearchProduct,
  type Slip,
  TIDES,
  VITEST,
  VITEST_TYPESCRIPT,
} from "./heal-search-cases.ts";

/** CI runs one slip of each product whose runner is there; `npm run test:full` installs the others and runs all slips. */
const everything = process.env.TEST_FULL === "1";
const PRODUCTS = [HARBOUR, TIDES, FREIGHT, VITEST, VITEST_TYPESCRIPT, MOCHA, JEST, BERTHS, QUAY];
const isQuick = ({ install, slow }: SearchProduct) => install === undefined && slow === undefined;

/** A slip at full length: worktrees, coverage, the whole stage. What one repair teaches is measured by `bench/repair.ts`. */
async function expectFound(world: World, product: SearchProduct, { file, right, wrong }: Slip): Promise<void> {
  const sound = product.files[file] ?? "";
  expect(sound.split(right).length).toBe(2);
  await world.change(product.name, { [file]: sound.replace(right, wrong) }, "feat: tidy up");
  const healed = await world.heal(product.name);
  expect(healed.report, JSON.stringify(healed.told, null, 1)).toMatchObject({
    verdict: "fixed",
    fixes: [{ kind: "search" }],
    files: [file],
    pushed: true,
  });
  expect((await world.build(product.name)).passed).toBe(true);
  // The search finds the very line that was right: nothing is left of the slip.
  expect(await readFile(join(world.root, product.name, file), "utf8")).toBe(sound);
}

async function worldOf(product: SearchProduct): Promise<World> {
  const world = await createWorld();
  const folder = await world.product(product.name, product.files, product.test);
  if (product.install) {
    const args = ["install", "--save-dev", "--ignore-scripts", "--no-audit", "--no-fund", ...product.install];
    const installed = await runProcess("npm", args, { cwd: folder });
    if (installed.exitCode !== 0) throw new Error(installed.stderr);
    await world.change(product.name, {}, "build: test runner");
  }
  return world;
}

const inCi = (product: SearchProduct, slip: Slip) =>
  isQuick(product) && product.slips.find(({ operator }) => operator === "boundary") === slip;

describe.each(PRODUCTS.filter(isQuick))("one-line slips in $name", (product) => {
  let world: World;
  beforeAll(async () => {
    world = await worldOf(product);
  });
  afterAll(() => world.close());

  it.each(product.slips.filter((slip) => inCi(product, slip)))("$operator: $wrong for $right", (slip) =>
    expectFound(world, product, slip),
  );
});

describe.runIf(everything).each(PRODUCTS)("further one-line slips in $name", (product) => {
  let world: World;
  beforeAll(async () => {
    world = await worldOf(product);
  });
  afterAll(() => world.close());

  it.each(product.slips.filter((slip) => !inCi(product, slip)))("$operator: $wrong for $right", (slip) =>
    expectFound(world, product, slip),
  );
});
