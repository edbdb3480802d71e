/**
 * DSSE envelopes (https://github.com/secure-systems-lab/dsse, v1) around in-toto statements: what cosign, in-toto and
 * slsa-verifier read. Signed with an Ed25519 or ECDSA key of one's own, so that openssl alone can verify them.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import * as z from "zod";
import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, "base64");
const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: base64,
  signatures: z.array(z.object({ keyid: z.string().optional(), sig: base64 })).min(1),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** A private key with the id that its envelopes name: SHA-256 of its public key (SPKI, DER), lower-case hex. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly id: string;
}

/**
 * Reads a private key as PEM (PKCS #8 or SEC 1). A variable often holds its line breaks as `\n`.
 *
 * @param from who names the key, for the message
 */
export function readSigningKey(text: string, from: string): Outcome<SigningKey> {
  const pem = text.includes("\n") ? text : text.replaceAll("\\n", "\n");
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    // The reason names the format, never the key.
    return badKey(`what ${from} names is no private key in PEM: ${messageOf(error)}`);
  }
  return digestOf(key) === undefined
    ? badKey(`the key that ${from} names is of the kind ${key.asymmetricKeyType ?? "unknown"}`)
    : succeed({ key, id: keyId(createPublicKey(key)) });
}

/** Reads a public key as PEM (SPKI). */
export function readPublicKey(pem: string, file: string): Outcome<KeyObject> {
  // Node would take the public half of a private key; whoever verifies should not have one.
  if (/PRIVATE KEY/.test(pem)) return badKey(`${file} is a private key`);
  try {
    const key = createPublicKey(pem);
    return digestOf(key) === undefined ? badKey(`the key in ${file} is of another kind`) : succeed(key);
  } catch (error) {
    return badKey(`${file} is no public key in PEM: ${messageOf(error)}`);
  }
}

function badKey(message: string): Outcome<never> {
  return fail(
    problem("secret", "provenance.bad_key", message, {
      next: "openssl genpkey -algorithm ed25519 -out key.pem makes one; openssl pkey -in key.pem -pubout -out key.pub gives its public half",
    }),
  );
}

/** The digest that a key signs with: Ed25519 (null) takes the bytes themselves. Undefined for kinds that are not taken. */
function digestOf(key: KeyObject): "sha256" | "sha384" | null | undefined {
  if (key.asymmetricKeyType === "ed25519") return null;
  const curve = key.asymmetricKeyType === "ec" ? key.asymmetricKeyDetails?.namedCurve : undefined;
  if (curve === "prime256v1") return "sha256";
  return curve === "secp384r1" ? "sha384" : undefined;
}

export function keyId(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** What is signed: DSSE's pre-authentication encoding, so that a signature holds for this type of payload only. */
export function preAuthentication(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

/** The envelope of a statement. */
export function signStatement(statement: Uint8Array, { key, id }: SigningKey): Envelope {
  const sig = sign(digestOf(key), preAuthentication(PAYLOAD_TYPE, statement), key);
  return {
    payloadType: PAYLOAD_TYPE,
    payload: Buffer.from(statement).toString("base64"),
    signatures: [{ keyid: id, sig: sig.toString("base64") }],
  };
}

/** The statement in an envelope, once one of its signatures was made with the key; the key id alone proves nothing. */
export function openEnvelope(text: string, key: KeyObject, file: string): Outcome<Buffer> {
  const envelope = parseEnvelope(text, file);
  if (!envelope.ok) return envelope;
  const { payloadType, payload, signatures } = envelope.value;
  const bytes = Buffer.from(payload, "base64");
  const signed = preAuthentication(payloadType, bytes);
  const digest = digestOf(key) ?? null;
  const holds = signatures.some(({ sig }) => verify(digest, signed, key, Buffer.from(sig, "base64")));
  if (holds && payloadType === PAYLOAD_TYPE) return succeed(bytes);
  return fail(
    holds
      ? problem("policy", "provenance.other_payload", `${file} is signed, but holds ${payloadType} and no statement`)
      : problem("policy", "provenance.not_signed_by_key", `${file} is not signed with this key, or was changed since`, {
          details: `signed as ${signatures.map(({ keyid }) => keyid ?? "(no key id)").join(", ")}\nthis key is ${keyId(key)}`,
          next: "do not use what it speaks of, unless another of the publisher's keys made it",
        }),
  );
}

function parseEnvelope(text: string, file: string): Outcome<Envelope> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(problem("product", "provenance.unreadable", `${file} is no JSON: ${messageOf(error)}`));
  }
  const parsed = envelopeSchema.safeParse(value);
  if (parsed.success) return succeed(parsed.data);
  const bare = typeof value === "object" && value !== null && "_type" in value;
  return fail(
    bare
      ? problem("policy", "provenance.unsigned", `${file} is a statement that nobody signed`, {
          next: "ship.provenance.key_secret or key_env names the key that releases are signed with",
        })
      : problem("product", "provenance.unreadable", `${file} is no DSSE envelope`),
  );
}
