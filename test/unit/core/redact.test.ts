import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../src/core/redact.ts";

describe("redaction", () => {
  const secret = 'tok"en/+ with\nlines & ümlaut-1234567890';

  test.each([
    ["plain", secret],
    ["JSON", JSON.stringify({ secret })],
    ["URL", `https://x.example/?t=${encodeURIComponent(secret)}`],
    ["base64 of user:secret", Buffer.from(`user:${secret}`).toString("base64")],
    ["base64 at offset 1", Buffer.from(`x${secret}yz`).toString("base64")],
    ["base64 at offset 2", Buffer.from(`xy${secret}z`).toString("base64")],
    ["base64url", Buffer.from(secret).toString("base64url")],
    ["hex", Buffer.from(secret).toString("hex")],
    ["HEX", Buffer.from(secret).toString("hex").toUpperCase()],
  ])("hides it in %s", (_, text) => {
    const shown = createRedactor([secret]).redact(text);
    expect(shown).toContain("[redacted]");
    expect(shown).not.toContain("1234567890");
    expect(shown).not.toContain(Buffer.from("1234567890").toString("hex"));
  });

  test("hides each long line of a multi-line secret", () => {
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----\n";
    expect(createRedactor([key]).redact("found MIIEvQIBADANBgkq here")).toBe("found [redacted] here");
  });

  test("of overlapping secrets the longer goes whole", () => {
    expect(createRedactor(["abcdef", "abcdefghij"]).redact("x abcdefghij y")).toBe("x [redacted] y");
  });

  test("no secret of any shape survives in text around it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, maxLength: 40 }), fc.string(), fc.string(), (value, before, after) => {
        const shown = createRedactor([value]).redact(before + value + after);
        // What the surroundings say by themselves is not the secret's doing.
        expect(
          before.includes(value) || after.includes(value) || !shown.includes(value) || "[redacted]".includes(value),
        ).toBe(true);
      }),
    );
  });

  test("text without secrets stays as it is", () => {
    expect(createRedactor(["long-secret-value"]).redact("nothing to see")).toBe("nothing to see");
  });
});
