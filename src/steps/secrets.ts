import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { editSecrets, type Kept, rotateSecrets, setSecret } from "../pillars/secrets/keep.ts";
import { listSecrets, type SecretsList, secretsListSchema } from "../pillars/secrets/list.ts";
import { slug } from "../pipeline/spec-words.ts";
import { readHidden } from "../tools/terminal/hidden-input.ts";
import { defineStep, type StepReport } from "./definition.ts";

const AGE_KEY = /^age1[0-9a-z]{20,}$/;

const recipient = z.string().regex(AGE_KEY, "an age public key, such as age1qx…");

const place = {
  environment: slug.optional().describe("the file of one environment, such as production; the one for all without it"),
  company: slug.optional().describe("a company's file, in a clone of the organisation; the product's own without it"),
};

const keptSchema = z.object({
  path: z.string(),
  names: z.array(z.string()).describe("entries of the file now"),
  recipients: z.array(z.string()).describe("age public keys that open it"),
  changed: z.boolean(),
});

const shared = {
  credentials: [],
  tools: ["sops", "age-keygen", "git"],
  retryOnAgentLoss: false,
} as const;

export const secretsListStep = defineStep({
  ...shared,
  name: "secrets list",
  summary: "Show the secrets files of a product and its company, and what is missing",
  description:
    "Names and recipients stand in the files in plain text, so that nothing is decrypted for this. Also says which key this machine would open them with, and which entries `fleet.yaml` or the configuration name that stand in no file.",
  examples: [{ command: "codemonkeys secrets list", says: "what there is, and what is missing" }],
  params: z.object({}),
  result: secretsListSchema,
  actions: [],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session) {
    const listed = await listSecrets(session);
    return listed.ok ? succeed(listReport(listed.value), listed.warnings) : listed;
  },
});

export const secretsSetStep = defineStep({
  ...shared,
  name: "secrets set",
  summary: "Put one encrypted value into a secrets file",
  description:
    "Takes the value from standard input, or asks for it without showing it; never as an argument. The file is made when it is not there: for the given recipients, else as the repository's `.sops.yaml` says, else for this machine's age key. Nothing is committed: that is yours.",
  examples: [
    { command: "pass show npm | codemonkeys secrets set npm_token", says: "for the product" },
    { command: "codemonkeys secrets set db_password --environment production", says: "asks for the value" },
    { command: "codemonkeys secrets set npm_token --company acme < token.txt", says: "in a clone of the organisation" },
  ],
  params: z.object({
    name: slug.describe("the entry's name"),
    ...place,
    recipients: z.array(recipient).optional().describe("age public keys that open a new file"),
  }),
  positional: ["name"],
  result: keptSchema,
  actions: ["secret.write"],
  needs: "either",
  async run(session, { name, recipients = [], ...where }) {
    const title = `the value of ${name}, then Enter (it is not shown)`;
    const value = await readHidden(() => session.emit({ type: "output", line: `${title}:`, asked: true }));
    if (!value.ok) return value;
    const set = await setSecret(session, { ...where, name, value: value.value, recipients });
    return set.ok ? succeed(keptReport(set.value, `${name} is in`), set.warnings) : set;
  },
});

export const secretsRotateStep = defineStep({
  ...shared,
  name: "secrets rotate",
  summary: "Encrypt a secrets file with a new data key, for more or fewer people",
  description:
    "Needs a key that opens the file. Whoever is removed cannot open later versions, but has read this one: make new tokens for what stood there.",
  examples: [
    { command: "codemonkeys secrets rotate", says: "a new data key for the same recipients" },
    { command: "codemonkeys secrets rotate --add-recipient age1…", says: "let another machine open it" },
  ],
  params: z.object({
    ...place,
    add_recipient: recipient.optional().describe("an age public key that opens it from now on"),
    remove_recipient: recipient.optional().describe("one that does not any more"),
  }),
  result: keptSchema,
  actions: ["secret.write"],
  needs: "either",
  async run(session, { add_recipient, remove_recipient, ...where }) {
    const rotated = await rotateSecrets(session, {
      ...where,
      add: add_recipient === undefined ? [] : [add_recipient],
      remove: remove_recipient === undefined ? [] : [remove_recipient],
    });
    return rotated.ok ? succeed(keptReport(rotated.value, "there is a new data key in"), rotated.warnings) : rotated;
  },
});

export const secretsEditStep = defineStep({
  ...shared,
  name: "secrets edit",
  summary: "Open a secrets file's values in your editor",
  description:
    "SOPS shows the plain text to `$EDITOR` in a folder of its own (in memory where the machine has such a file system), which is removed when the editor ends.",
  examples: [
    { command: "codemonkeys secrets edit --environment production", says: "the product's, of one environment" },
  ],
  params: z.object(place),
  result: keptSchema,
  actions: ["secret.write", "secret.read"],
  needs: "either",
  async run(session, params) {
    const edited = await editSecrets(session, params);
    if (!edited.ok) return edited;
    return succeed(
      keptReport(edited.value, edited.value.changed ? "changed" : "nothing was changed in"),
      edited.warnings,
    );
  },
});

function keptReport(kept: Kept, what: string): StepReport<z.infer<typeof keptSchema>> {
  const next = kept.changed ? `: commit and push ${kept.path}` : "";
  return {
    data: { ...kept, names: [...kept.names], recipients: [...kept.recipients] },
    summary: `${what} ${kept.path}${next}`,
  };
}

function listReport(list: SecretsList): StepReport<SecretsList> {
  const { key, files, missing } = list;
  const lines = [`age key: ${key.shown}${key.exists ? (key.public ? ` (${key.public})` : "") : " is not there"}`];
  if (files.length === 0) lines.push("no secrets file");
  for (const file of files) {
    const notes = [
      `${file.recipients.length} ${file.recipients.length === 1 ? "recipient" : "recipients"}`,
      ...(file.opens ? [] : ["this machine cannot open it"]),
      ...(file.committed ? [] : ["not committed"]),
    ];
    lines.push(`${file.owner === "company" ? "organisation: " : ""}${file.path}  (${notes.join(", ")})`);
    for (const name of file.names) lines.push(`  ${name}`);
  }
  for (const { name, from } of missing) lines.push(`✗ ${name} is named by ${from}, and in no file`);
  return { data: list, summary: lines.join("\n") };
}
