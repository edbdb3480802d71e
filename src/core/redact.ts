/**
 * Secrets never leave: every text that is logged, shown, sent to a model, committed or audited passes a redactor that
 * knows the secret values of this process and their common encodings.
 */
export interface Redactor {
  /** Registers a value; empty and one-character values are ignored. Later redactions know it. */
  add(secret: string): void;
  redact(text: string): string;
  /** Length of the longest known form; stream redaction keeps that much in hand. */
  readonly longest: number;
}

export const REDACTED = "[redacted]";

/** A part of a secret that is shorter would hit ordinary words. */
const SHORTEST_LINE = 8;

export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const forms = new Set<string>();
  let pattern: RegExp | undefined;
  let longest = 0;
  const redactor: Redactor = {
    add(secret) {
      for (const form of formsOf(secret)) {
        if (forms.has(form)) continue;
        forms.add(form);
        longest = Math.max(longest, form.length);
        pattern = undefined;
      }
    },
    redact(text) {
      if (forms.size === 0) return text;
      // Longest first: of several that begin at one place the longest is found. Looked for at every place, since one
      // may begin inside another and both have to go.
      pattern ??= new RegExp(
        `(?=(${[...forms]
          .sort((a, b) => b.length - a.length)
          .map(escapeRegExp)
          .join("|")}))`,
        "g",
      );
      return replaceSpans(text, pattern);
    },
    get longest() {
      return longest;
    },
  };
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

/** Replaces each run of matches that overlap by one mark. */
function replaceSpans(text: string, pattern: RegExp): string {
  let shown = "";
  let done = 0;
  let end = -1;
  for (const match of text.matchAll(pattern)) {
    if (match.index >= end) {
      if (end >= 0) done = end;
      shown += text.slice(done, match.index) + REDACTED;
      end = match.index;
    }
    end = Math.max(end, match.index + (match[1]?.length ?? 0));
  }
  return end < 0 ? text : shown + text.slice(end);
}

/** Widths at which tools break what they encode: `base64`, PEM, `xxd -p`. */
const WIDTHS = [76, 64, 60];

/**
 * The forms in which a secret shows up in what tools write: plain, JSON-escaped, URL-encoded (both spellings), hex,
 * base64 and base64url at the three byte alignments (so that `user:secret` in a header is found), each line of these
 * where an encoder breaks lines, shell-quoted, and each line of a multi-line secret that is long enough not to hit
 * ordinary words.
 */
export function formsOf(secret: string): string[] {
  if (secret.length < 2) return [];
  const forms = new Set<string>([secret]);
  const trimmed = secret.trim();
  if (trimmed.length >= 2) forms.add(trimmed);
  forms.add(JSON.stringify(secret).slice(1, -1));
  for (const encoded of [
    safeEncodeUri(secret),
    encodeStrictly(secret),
    encodeStrictly(secret).replaceAll("%2F", "/"),
  ]) {
    for (const spaced of [encoded, encoded.replaceAll("%20", "+")]) {
      forms.add(spaced);
      forms.add(spaced.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
    }
  }
  forms.add(secret.replaceAll("'", "'\\''"));
  const bytes = Buffer.from(secret, "utf8");
  if (bytes.length >= 4) {
    forms.add(bytes.toString("hex"));
    forms.add(bytes.toString("hex").toUpperCase());
    for (const whole of [bytes.toString("base64"), bytes.toString("hex")]) {
      for (const width of WIDTHS) for (const piece of pieces(whole, width)) forms.add(piece);
    }
    for (const encoded of base64Alignments(bytes)) {
      forms.add(encoded);
      forms.add(encoded.replaceAll("+", "-").replaceAll("/", "_"));
    }
  }
  for (const line of secret.split(/\r?\n/)) {
    if (line !== secret && line.trim().length >= SHORTEST_LINE) {
      forms.add(line);
      forms.add(line.trim());
    }
  }
  return [...forms].filter((form) => form.length >= 2);
}

/** The part of the base64 text that depends on `bytes` alone, for each position it can have in a longer input. */
function base64Alignments(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const skip = offset === 0 ? 0 : offset + 1;
    // The last character also depends on what follows unless the bytes end on a 3-byte boundary.
    const tail = (offset + bytes.length) % 3 === 0 ? 0 : 1;
    return padded.slice(skip, padded.length - tail);
  });
}

/** The lines of an encoding that is broken at a width; a short rest is no secret by itself. */
function pieces(encoded: string, width: number): string[] {
  if (encoded.length <= width) return [];
  const count = Math.ceil(encoded.length / width);
  return Array.from({ length: count }, (_, at) => encoded.slice(at * width, (at + 1) * width)).filter(
    (piece) => piece.length >= SHORTEST_LINE,
  );
}

/** Percent-encoding of everything that RFC 3986 does not call unreserved, as most languages but JavaScript do it. */
function encodeStrictly(text: string): string {
  return safeEncodeUri(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function safeEncodeUri(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
