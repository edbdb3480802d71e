import { expect, test } from "vitest";
import { schemaOf } from "../../../src/pillars/infra/place.ts";

test("an environment's PostgreSQL schema is its own, whatever letters its names have and however long they are", () => {
  expect(schemaOf(["acme", "payments", "staging"])).toBe("infra_acme_payments_staging");
  const long = "p".repeat(60);
  const schemas = [
    schemaOf(["acme", "payments", "staging"]),
    schemaOf(["acme", "Payments", "staging"]),
    schemaOf(["acme", "pay-ments", "staging"]),
    schemaOf(["acme", "pay_ments", "staging"]),
    schemaOf(["acme_pay", "ments", "staging"]),
    schemaOf(["acme", long, "staging"]),
    schemaOf(["acme", long, "production"]),
  ];
  expect(new Set(schemas).size).toBe(schemas.length);
  for (const schema of schemas) expect(schema).toMatch(/^[a-z0-9_]{1,63}$/);
});
