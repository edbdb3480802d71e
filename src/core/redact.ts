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
      // Longest first, so that a secret which contains another is replaced whole.
      pattern ??= new RegExp(
        [...forms]
          .sort((a, b) => b.length - a.length)
          .map(escapeRegExp)
          .join("|"),
        "g",
      );
      return text.replace(pattern, REDACTED);
    },
    get longest() {
      return longest;
    },
  };
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

/**
 * The forms in which a secret shows up in what tools write: plain, JSON-escaped, URL-encoded (both spellings), hex,
 * base64 and base64url at the three byte alignments (so that `user:secret` in a header is found), and each line of a
 * multi-line secret that is long enough not to hit ordinary words.
 */
export function formsOf(secret: string): string[] {
  if (secret.length < 2) return [];
  const forms = new Set<string>([secret]);
  const trimmed = secret.trim();
  if (trimmed.length >= 2) forms.add(trimmed);
  forms.add(JSON.stringify(secret).slice(1, -1));
  forms.add(safeEncodeUri(secret));
  forms.add(safeEncodeUri(secret).replaceAll("%20", "+"));
  const bytes = Buffer.from(secret, "utf8");
  if (bytes.length >= 4) {
    forms.add(bytes.toString("hex"));
    forms.add(bytes.toString("hex").toUpperCase());
    for (const encoded of base64Alignments(bytes)) {
      forms.add(encoded);
      forms.add(encoded.replaceAll("+", "-").replaceAll("/", "_"));
    }
  }
  for (const line of secret.split(/\r?\n/)) {
    if (line !== secret && line.trim().length >= 8) {
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

function safeEncodeUri(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
