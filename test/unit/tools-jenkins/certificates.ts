import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";

// Node reads certificates and makes none. These few shapes of DER (X.690) are all that a chain of two needs.
const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (...bytes: number[]) => der(0x06, Buffer.from(bytes));
const bits = (bytes: Buffer) => der(0x03, Buffer.from([0]), bytes);
const time = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().replaceAll(/[-:T]|\.\d+/g, "")}`));
const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const name = (text: string) => sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(text)))));
const extension = (id: number, value: Buffer) =>
  sequence(oid(0x55, 0x1d, id), der(0x01, Buffer.from([0xff])), der(0x04, value));

function certificate(
  subject: string,
  key: KeyObject,
  issuer: { readonly name: string; readonly key: KeyObject },
  extensions: Buffer,
): string {
  const day = 86_400_000;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    name(issuer.name),
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + day))),
    name(subject),
    key.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extensions)),
  );
  const whole = sequence(body, ECDSA_SHA256, bits(sign("sha256", body, issuer.key)));
  return new X509Certificate(whole).toString();
}

/** A certificate authority of a day, and a server on 127.0.0.1 that it vouches for; all in PEM. */
export function certificates(): { readonly ca: string; readonly key: string; readonly cert: string } {
  const authority = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const server = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const issuer = { name: "a house's own authority", key: authority.privateKey };
  const isAuthority = extension(0x13, sequence(der(0x01, Buffer.from([0xff]))));
  const isLoopback = extension(0x11, sequence(der(0x87, Buffer.from([127, 0, 0, 1]))));
  return {
    ca: certificate(issuer.name, authority.publicKey, issuer, isAuthority),
    cert: certificate("127.0.0.1", server.publicKey, issuer, isLoopback),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
