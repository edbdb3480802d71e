import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";

/** What a signature is for: one that was made for something else (a commit, a file) is no answer. */
const NAMESPACE = "codemonkeys-approval";

/**
 * Signs a text with a person's own SSH key, a file or one that their agent holds, as `ssh-keygen -Y sign` does. Answers
 * the armoured signature. The key is only named; it is never read here.
 */
export async function signText(text: string, key: string, signal?: AbortSignal): Promise<Outcome<string>> {
  const signed = await keygen(["-Y", "sign", "-n", NAMESPACE, "-f", key], text, signal);
  if (!signed.ok) return signed;
  if (signed.value.exitCode === 0 && signed.value.stdout.startsWith("-----BEGIN SSH SIGNATURE-----")) {
    return succeed(signed.value.stdout);
  }
  return fail(
    problem("secret", "ssh.not_signed", `the answer could not be signed with ${key}`, {
      details: signed.value.stderr.trim().slice(0, 500),
      next: "name your key with --key FILE; one with a passphrase has to be in your agent: ssh-add FILE",
    }),
  );
}

/**
 * Whether a person signed a text, by the keys that an allowed_signers file (ssh-keygen(1)) has for them now: a key that
 * was taken out of it, or whose time is over, counts no more.
 */
export async function isSignedBy(
  signed: { readonly text: string; readonly person: string; readonly signature: string },
  allowedSigners: string,
  signal?: AbortSignal,
): Promise<Outcome<boolean>> {
  const folder = await mkdtemp(join(tmpdir(), "codemonkeys-signature-"));
  try {
    const signers = join(folder, "allowed_signers");
    const signature = join(folder, "signature");
    await writeFile(signers, allowedSigners);
    await writeFile(signature, signed.signature);
    const args = ["-Y", "verify", "-f", signers, "-I", signed.person, "-n", NAMESPACE, "-s", signature];
    const verified = await keygen(args, signed.text, signal);
    return verified.ok ? succeed(verified.value.exitCode === 0) : verified;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keygen(args: string[], input: string, signal: AbortSignal | undefined): Promise<Outcome<ProcessResult>> {
  const done = await runProcess("ssh-keygen", args, {
    cwd: tmpdir(),
    input,
    inherit: ["SSH_AUTH_SOCK"],
    timeoutMs: 60_000,
    ...(signal ? { signal } : {}),
  });
  return done.ended === "exited" ? succeed(done) : fail(notRun(done));
}

function notRun(done: ProcessResult): Diagnostic {
  const why = done.ended === "not_started" ? "is not on this machine" : `did not end (${done.ended})`;
  return problem("infrastructure", "ssh.keygen", `ssh-keygen ${why}`, {
    next: "install OpenSSH's client (8.2 or newer): answers are signed with it",
  });
}
