/** Anything JSON can carry. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * JSON with sorted keys and no white space, so that equal values have equal bytes (RFC 8785 for the values used here:
 * finite numbers and strings without lone surrogates; others are refused). `undefined` members are left out.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`not a JSON number: ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  const record = value as { readonly [key: string]: Json | undefined };
  const members = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key] as Json)}`);
  return `{${members.join(",")}}`;
}

/** Lower-case hex SHA-256 of bytes or of a string's UTF-8. */
export function sha256(data: string | Uint8Array): string {
  // Loaded at its first use: many commands make no digest, and it is one of Node's slowest modules to load.
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(data).digest("hex");
}

/** SHA-256 of a value's canonical JSON. */
export function digestOf(value: Json): string {
  return sha256(canonicalJson(value));
}
