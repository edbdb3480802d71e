import { parseDocument } from "yaml";
import * as z from "zod";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";

/** What an encrypted file tells without a key. */
export interface Contents {
  /** Entries in the order of the file. */
  readonly names: readonly string[];
  /** age public keys that open it. */
  readonly recipients: readonly string[];
  /** ISO 8601; undefined where SOPS wrote none. */
  readonly changedAt: string | undefined;
}

const encrypted = z.looseObject({
  sops: z.looseObject({
    age: z.array(z.looseObject({ recipient: z.string() })).nullish(),
    lastmodified: z.string().optional(),
  }),
});

/**
 * Reads names and recipients of an encrypted file. A value that stands there in plain text is an error, and is not
 * repeated in it.
 */
export function contentsOf(text: string, path: string): Outcome<Contents> {
  const document = parseDocument(text);
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
  const read = encrypted.safeParse(value);
  if (!read.success) {
    return fail(
      problem("secret", "secrets.not_encrypted", `${path} is not encrypted by SOPS`, {
        where: { file: path },
        next: "if secrets stand there in plain text, revoke them, take the file out of the history, and set them again with codemonkeys secrets set",
      }),
    );
  }
  const { sops, ...entries } = read.data;
  const plain = Object.entries(entries).filter(([, one]) => typeof one !== "string" || !/^ENC\[.*\]$/s.test(one));
  if (plain.length > 0) {
    return fail(
      problem("secret", "secrets.plain_text", `${plain.map(([name]) => name).join(", ")} in ${path} is not encrypted`, {
        where: { file: path },
        next: "revoke what stands there, take it out of the history, and set it again with codemonkeys secrets set; entries are not nested",
      }),
    );
  }
  return succeed({
    names: Object.keys(entries),
    recipients: (sops.age ?? []).map(({ recipient }) => recipient),
    changedAt: sops.lastmodified,
  });
}
