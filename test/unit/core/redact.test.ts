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

  const FORMS: Readonly<Record<string, (value: string, before: string) => string>> = {
    plain: (value) => value,
    "base64 behind anything": (value, before) => Buffer.from(before + value + before).toString("base64"),
    "base64url behind anything": (value, before) => Buffer.from(before + value).toString("base64url"),
    hex: (value) => Buffer.from(value).toString("hex"),
    JSON: (value) => JSON.stringify({ value }),
    URL: (value) => encodeURIComponent(value),
    "a form": (value) => new URLSearchParams({ value }).toString(),
  };
  // Six characters and more, of everything that tokens and passwords are made of.
  const secrets = fc.stringMatching(/^[A-Za-z0-9+/_.:'"\\ %&=!-]{6,60}$/).filter((text) => text.trim() === text);

  test.each(Object.keys(FORMS))("short and long ones survive in no text as %s", (form) => {
    const write = FORMS[form] as (value: string, before: string) => string;
    fc.assert(
      fc.property(secrets, fc.string({ maxLength: 5 }), (value, before) => {
        const text = write(value, before);
        const shown = createRedactor([value]).redact(text);
        expect(shown).toContain("[redacted]");
        expect(shown.replaceAll("[redacted]", "")).not.toContain(write(value, "").replace(/=+$/, "").slice(0, -1));
      }),
    );
  });

  test("two that overlap in a text are both gone, wherever they overlap", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{12,20}$/), fc.nat(), fc.nat(), (text, from, length) => {
        const start = 1 + (from % 6);
        const second = text.slice(start, start + 4 + (length % (text.length - start - 4 + 1)));
        const first = text.slice(0, start + 3);
        expect(createRedactor([first, second]).redact(`x ${text} y`)).not.toMatch(new RegExp(`${first}|${second}`));
        const covered = Math.max(first.length, start + second.length);
        expect(createRedactor([first, second]).redact(`x ${text} y`)).toBe(`x [redacted]${text.slice(covered)} y`);
      }),
    );
  });

  test("what base64 and hex tools break into lines is hidden line by line", () => {
    const key = Array.from({ length: 40 }, (_, at) => `k${at}-`).join("");
    for (const [encoding, width] of [
      ["base64", 76],
      ["base64", 64],
      ["hex", 60],
    ] as const) {
      const lines =
        Buffer.from(key)
          .toString(encoding)
          .match(new RegExp(`.{1,${width}}`, "g")) ?? [];
      const redactor = createRedactor([key]);
      expect(lines.filter((line) => line.length >= 8 && redactor.redact(line) !== "[redacted]")).toEqual([]);
    }
  });

  describe("over line ends", () => {
    const wrap = (text: string, width: number, end: string) =>
      Array.from({ length: Math.ceil(text.length / width) }, (_, at) => text.slice(at * width, (at + 1) * width)).join(
        end,
      );
    const ENDS = ["\n", "\r\n", "\n    ", "\\\n", "=\r\n", "\\n", "\\r\\n", "\\\\n"];
    const plain = fc.stringMatching(/^[A-Za-z0-9+/_.:=-]{12,60}$/);

    test.each(ENDS.map((end) => [JSON.stringify(end), end]))("no part of a wrapped one is left: %s", (_, end) => {
      // The sign before a line's end may be the secret's own: it goes as well.
      const kept = end.replace(/^[\\=](?=\r?\n)/, "");
      fc.assert(
        fc.property(plain, fc.integer({ min: 6, max: 40 }), (value, width) => {
          const shown = createRedactor([value]).redact(`x ${wrap(value, width, end)} y`);
          expect(shown).toBe(
            `x ${Array(Math.ceil(value.length / width))
              .fill("[redacted]")
              .join(kept)} y`,
          );
        }),
      );
    });

    test.each([64, 76])("in base64 that is wrapped at %i, whatever it is a part of, at each alignment", (width) => {
      fc.assert(
        fc.property(plain, fc.string({ minLength: 0, maxLength: 90 }), (value, before) => {
          const encoded = Buffer.from(`${before}${value}${before}`).toString("base64");
          const shown = createRedactor([value]).redact(wrap(encoded, width, "\n"));
          const at = Buffer.byteLength(before);
          // The characters that depend on the secret alone.
          const own = encoded.slice(Math.ceil((at * 4) / 3), Math.floor(((at + value.length) * 4) / 3));
          expect(shown.replaceAll("\n", "")).not.toContain(own.slice(0, 8));
          expect(shown.replaceAll("\n", "")).not.toContain(own.slice(-8));
        }),
      );
    });

    test("one with blanks, wrapped at a blank", () => {
      expect(createRedactor(["correct horse battery"]).redact("is correct\n  horse battery.")).toBe(
        "is [redacted]\n  [redacted].",
      );
    });

    test("all lines stay lines, and what is no secret stays", () => {
      const text = "one\ntwo-secret-\nvalue-here three\n\nfour\n";
      expect(createRedactor(["secret-value-here"]).redact(text)).toBe(
        "one\ntwo-[redacted]\n[redacted] three\n\nfour\n",
      );
    });
  });

  test("a megabyte is looked through in a moment, with as many secrets as a machine has", () => {
    const secrets = Array.from({ length: 50 }, (_, at) => `secret-${at}-${"x".repeat(at)}-value`);
    const redactor = createRedactor(secrets);
    const text = "An ordinary line of a log, with a secret-7 in it and https://x.example/?a=b\n".repeat(14_000);
    redactor.redact(text);
    const startedAt = performance.now();
    redactor.redact(text);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test("text without secrets stays as it is", () => {
    expect(createRedactor(["long-secret-value"]).redact("nothing to see")).toBe("nothing to see");
  });
});
