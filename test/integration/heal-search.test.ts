import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../feature/heal-world.ts";
import { HARBOUR, type SearchProduct, TIDES } from "./heal-search-cases.ts";

// Two slips of each product at full length: worktrees, coverage, the whole stage. What one repair teaches is measured by `bench/repair.ts`.
const SHOWN = ["boundary", "comparison", "negation"];

describe.each([HARBOUR, TIDES])("one-line slips in $name", (product: SearchProduct) => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await world.product(product.name, product.files, product.test);
  });
  afterAll(() => world.close());

  const slips = product.slips.filter(({ operator }) => SHOWN.includes(operator)).slice(0, 2);
  it.each(slips)("$operator: $wrong for $right", async ({ file, right, wrong }) => {
    const sound = product.files[file] ?? "";
    expect(sound.split(right).length).toBe(2);
    await world.change(product.name, { [file]: sound.replace(right, wrong) }, "feat: tidy up");
    const healed = await world.heal(product.name);
    expect(healed.report).toMatchObject({ verdict: "fixed", fixes: [{ kind: "search" }], files: [file], pushed: true });
    expect((await world.build(product.name)).passed).toBe(true);
    // The search finds the very line that was right: nothing is left of the slip.
    expect(await readFile(join(world.root, product.name, file), "utf8")).toBe(sound);
  });
});
