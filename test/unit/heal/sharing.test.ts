import { expect, it } from "vitest";
import { sharedForm } from "../../../src/pillars/heal/template/sharing.ts";
import type { EditTemplate } from "../../../src/pillars/heal/template/template.ts";

const template = (text: string, capture = "identifier"): EditTemplate => ({
  version: 1,
  extension: ".js",
  holes: [{ type: "identifier", from: { kind: "capture", name: capture } }],
  hunks: [{ before: [{ hole: 0 }], after: [{ text }, { hole: 0 }] }],
  adds: [],
});

it("shares words of the language", () => {
  for (const text of ["Object", "await", "node:fs", "(", "0"]) {
    expect(sharedForm(template(text))).toEqual(template(text));
  }
});

it("shares no literal of a product and no text of a log", () => {
  for (const text of ["acmeLedger", "'s3cret'", "./billing.js", "https://acme.example/x", "4711", "a\nb"]) {
    expect(sharedForm(template(text))).toBeUndefined();
  }
  expect(sharedForm(template("Object", "TypeError: acme is not defined"))).toBeUndefined();
});
