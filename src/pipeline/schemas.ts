import * as z from "zod";
import { documentSchema } from "../constitution/schema.ts";
import { configJsonSchema } from "../core/config/schema.ts";
import { fleetSchema } from "./fleet.ts";
import { planSchema } from "./plan.ts";
import { frontMatterSchema } from "./spec-schema.ts";

/** The JSON Schemas of all files that a person writes or another program reads, by file name. */
export function jsonSchemas(): Record<string, string> {
  const schemas = {
    "config.schema.json": configJsonSchema(),
    "constitution.schema.json": z.toJSONSchema(documentSchema, { io: "input" }),
    "fleet.schema.json": z.toJSONSchema(fleetSchema, { io: "input" }),
    "plan.schema.json": z.toJSONSchema(planSchema),
    "spec.schema.json": z.toJSONSchema(frontMatterSchema, { io: "input" }),
  };
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, `${JSON.stringify(schema, undefined, 2)}\n`]),
  );
}
