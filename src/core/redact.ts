/**
 * Secrets never leave: every text that is logged, shown, sent to a model, committed or audited passes a redactor that
 * knows the secret values of this process and their common encodings, whole or broken over lines.
 */
export interface Redactor {
  /** Registers a value; empty and one-character values are ignored. Later redactions know it. */
  add(secret: string): void;
  /** The text without them. Line ends stay where they are, also inside one. */
  redact(text: string): string;
  /**
   * Where in a text a secret may begin that goes on in the next line; its length when none does. Who writes a stream line
   * by line keeps what comes from there until more is known.
   */
  opensAt(text: string): number;
}

export const REDACTED = "[redacted]";

/** A part of a secret that is shorter would hit ordinary words. */
const SHORTEST_LINE = 8;
/** A secret that is shorter is not looked for over line ends: what one line ends and the next begins with is often it. */
const SHORTEST_BROKEN = 6;

/** A line end inside something that was wrapped, with the indentation behind it; also as JSON writes it, however often. */
const BREAK = /(?:\r?\n|\\+r\\+n|\\+n)[ \t]*/g;
/** The same with the sign that shells and quoted-printable text put before it. */
const SIGNED_BREAK = /(?:[\\=]?\r?\n|\\+r\\+n|\\+n)[ \t]*/g;

/** What stood in a line end's place before something was wrapped: nothing, with or without a sign for it, or a blank. */
const JOINTS = [
  [BREAK, ""],
  [SIGNED_BREAK, ""],
  [BREAK, " "],
] as const;

export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const forms = new Set<string>();
  let whole: FormIndex | undefined;
  let broken: FormIndex | undefined;
  let beginnings: Map<string, string[]> | undefined;
  const brokenForms = () =>
    new Set(
      [...forms]
        .flatMap((form) => JOINTS.map(([pattern, glue]) => form.replaceAll(pattern, glue)))
        .filter((form) => form.length >= SHORTEST_BROKEN),
    );
  const redactor: Redactor = {
    add(secret) {
      for (const form of formsOf(secret)) {
        if (forms.has(form)) continue;
        forms.add(form);
        whole = undefined;
        broken = undefined;
        beginnings = undefined;
      }
    },
    redact(text) {
      if (forms.size === 0) return text;
      whole ??= indexOf(forms);
      const spans = spansOf(text, whole);
      if (text.includes("\n") || text.includes("\\n")) {
        broken ??= indexOf(brokenForms());
        spans.push(...brokenSpans(text, broken));
      }
      return replaceSpans(text, spans);
    },
    opensAt(text) {
      if (forms.size === 0) return text.length;
      beginnings ??= beginningsOf(brokenForms());
      const index = beginnings;
      const ends = JOINTS.map(([pattern, glue]) => {
        const { joined, originAt } = joinLines(text, pattern, glue);
        const length = longestEnding(joined, index);
        return length === 0 ? text.length : originAt(joined.length - length);
      });
      return Math.min(...ends);
    },
  };
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Forms by their first two characters, the longest first. */
type FormIndex = ReadonlyMap<number, readonly string[]>;

const pairAt = (text: string, at: number) => text.charCodeAt(at) * 0x1_00_00 + text.charCodeAt(at + 1);

function indexOf(forms: Iterable<string>): FormIndex {
  const index = new Map<number, string[]>();
  for (const form of [...forms].sort((a, b) => b.length - a.length)) {
    const bucket = index.get(pairAt(form, 0));
    if (bucket) bucket.push(form);
    else index.set(pairAt(form, 0), [form]);
  }
  return index;
}

/** Looked for at every place, since one may begin inside another and both have to go. */
function spansOf(text: string, index: FormIndex): Span[] {
  const spans: Span[] = [];
  for (let at = 0; at + 1 < text.length; at += 1) {
    const form = index.get(pairAt(text, at))?.find((one) => text.startsWith(one, at));
    if (form) spans.push({ from: at, to: at + form.length });
  }
  return spans;
}

/** What stands over line ends: found in the text without them. */
function brokenSpans(text: string, index: FormIndex): Span[] {
  return JOINTS.flatMap(([pattern, glue]) => {
    const { joined, originAt } = joinLines(text, pattern, glue);
    return spansOf(joined, index).map(({ from, to }) => ({ from: originAt(from), to: originAt(to - 1) + 1 }));
  });
}

/** A text with something else in the place of its line ends, and where each of its characters stood. */
function joinLines(
  text: string,
  pattern: RegExp,
  glue: string,
): { readonly joined: string; readonly originAt: (at: number) => number } {
  const parts: string[] = [];
  /** Where parts begin, in the joined text and in the original. */
  const starts: { readonly joined: number; readonly origin: number }[] = [];
  let length = 0;
  let end = 0;
  const part = (from: number, to: number, more = "") => {
    starts.push({ joined: length, origin: from });
    parts.push(text.slice(from, to), more);
    length += to - from + more.length;
  };
  for (const match of text.matchAll(pattern)) {
    part(end, match.index, glue);
    end = match.index + match[0].length;
  }
  part(end, text.length);
  const originAt = (at: number) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle]?.joined ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    const start = starts[low] ?? { joined: 0, origin: 0 };
    return start.origin + at - start.joined;
  };
  return { joined: parts.join(""), originAt };
}

/** Characters by which beginnings are told apart: most lines end in none of them. */
const ENDING = 4;

/** Each proper beginning of a form, by its last characters. */
function beginningsOf(forms: Iterable<string>): Map<string, string[]> {
  const beginnings = new Map<string, string[]>();
  for (const form of forms) {
    for (let length = 1; length < form.length; length += 1) {
      const beginning = form.slice(0, length);
      const bucket = beginnings.get(beginning.slice(-ENDING));
      if (bucket) bucket.push(beginning);
      else beginnings.set(beginning.slice(-ENDING), [beginning]);
    }
  }
  return beginnings;
}

function longestEnding(text: string, beginnings: ReadonlyMap<string, readonly string[]>): number {
  let longest = 0;
  for (let length = 1; length <= Math.min(ENDING, text.length); length += 1) {
    for (const beginning of beginnings.get(text.slice(-length)) ?? []) {
      if (beginning.length > longest && text.endsWith(beginning)) longest = beginning.length;
    }
  }
  return longest;
}

/** Replaces each run of spans that overlap by one mark a line. */
function replaceSpans(text: string, spans: Span[]): string {
  if (spans.length === 0) return text;
  spans.sort((a, b) => a.from - b.from || b.to - a.to);
  let shown = "";
  let end = 0;
  let run: { from: number; to: number } | undefined;
  const mark = (from: number, to: number) => {
    const breaks = text.slice(from, to).match(BREAK) ?? [];
    shown += text.slice(end, from) + [REDACTED, ...breaks.map((one) => one + REDACTED)].join("");
    end = to;
  };
  for (const { from, to } of spans) {
    if (run && from < run.to) {
      run.to = Math.max(run.to, to);
      continue;
    }
    if (run) mark(run.from, run.to);
    run = { from, to };
  }
  if (run) mark(run.from, run.to);
  return shown + text.slice(end);
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
