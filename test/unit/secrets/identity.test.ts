import { chmodSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exposedKey, identityOf } from "../../../src/tools/sops/identity.ts";

test("the configured key goes before SOPS' own variables, and those before its default place", async () => {
  const home = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  const both = { HOME: home, SOPS_AGE_KEY_FILE: "/keys/a.txt", SOPS_AGE_KEY: "AGE-SECRET-KEY-1" };
  expect(identityOf("~/b.txt", both)).toMatchObject({
    file: join(home, "b.txt"),
    environment: { SOPS_AGE_KEY_FILE: join(home, "b.txt") },
    exists: false,
  });
  expect(identityOf(undefined, both).file).toBe("/keys/a.txt");
  expect(identityOf(undefined, { HOME: home, SOPS_AGE_KEY: "AGE-SECRET-KEY-1" })).toMatchObject({
    file: undefined,
    shown: "SOPS_AGE_KEY",
    exists: true,
  });
  expect(identityOf(undefined, { HOME: home }).file).toBe(join(home, ".config/sops/age/keys.txt"));
  const file = join(home, "k.txt");
  writeFileSync(file, "# public key: age1x\n", { mode: 0o600 });
  expect(exposedKey(identityOf(file, {}))).toEqual([]);
  chmodSync(file, 0o640);
  expect(exposedKey(identityOf(file, {}))).toMatchObject([{ code: "secrets.key_readable", severity: "warning" }]);
  await rm(home, { recursive: true });
});
