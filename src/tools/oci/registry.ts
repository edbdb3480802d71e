import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";
import { ensureCrane } from "./crane.ts";

export interface RegistryReader {
  /** `http://` or `https://`, host, and the path before the images' names; undefined: the image tools' own default. */
  readonly url: string | undefined;
  /** `user:password`; only the act half has one. */
  readonly token?: string | undefined;
  readonly redactor?: Redactor | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An image's name as clients want it, without a tag. */
export interface ImageReference {
  readonly repository: string;
  /** The registry talks HTTP. */
  readonly insecure: boolean;
}

/** `127.0.0.1:5000/acme/hello`; without an address, the name alone, which clients take to their default registry. */
export function referenceOf(name: string, url: string | undefined): ImageReference {
  if (url === undefined) return { repository: name, insecure: false };
  const { protocol, host, pathname } = new URL(url);
  const folder = pathname.replace(/^\/+|\/+$/g, "");
  return { repository: [host, folder, name].filter(Boolean).join("/"), insecure: protocol === "http:" };
}

/** The registry that clients use for a name without a host, as they say it themselves. */
export function imageRegistry(name: string): Promise<Outcome<string>> {
  return inClient(name, { url: undefined }, async (crane) => {
    // What does not exist is named in full in the answer's words.
    const asked = await crane(["digest", `${name}:codemonkeys-asks-for-the-registry`]);
    if (!asked.ok) return asked;
    const host = /https?:\/\/[^/\s"]+/.exec(asked.value.stderr)?.[0];
    if (host !== undefined) return succeed(host);
    return fail(
      problem("config", "oci.no_registry", "the image tool does not say which registry it uses", {
        details: asked.value.stderr.slice(-2000),
        next: "set ship.registries.docker_hub.url to the registry's address",
      }),
    );
  });
}

/** Manifest digest of a tag, lower-case hex; undefined when the registry does not have it. */
export function imageDigest(name: string, tag: string, reader: RegistryReader): Promise<Outcome<string | undefined>> {
  return inClient(name, reader, async (crane, repository) => {
    const asked = await crane(["digest", `${repository}:${tag}`]);
    if (!asked.ok) return asked;
    if (asked.value.exitCode === 0) {
      const digest = /^sha256:([0-9a-f]{64})\s*$/.exec(asked.value.stdout)?.[1];
      return digest === undefined ? fail(nonsense(repository, asked.value)) : succeed(digest);
    }
    return saysNotFound(asked.value) ? succeed(undefined) : fail(craneFailed("digest", repository, asked.value));
  });
}

/** All tags of an image, none when the registry does not know it. */
export function imageTags(name: string, reader: RegistryReader): Promise<Outcome<string[]>> {
  return inClient(name, reader, async (crane, repository) => {
    const listed = await crane(["ls", repository]);
    if (!listed.ok) return listed;
    if (listed.value.exitCode === 0) return succeed(listed.value.stdout.split("\n").filter((line) => line !== ""));
    return saysNotFound(listed.value) ? succeed([]) : fail(craneFailed("ls", repository, listed.value));
  });
}

/** Downloads an image and compares every layer with its digest, as a client's pull would. */
export function validateImage(name: string, tag: string, reader: RegistryReader): Promise<Outcome<void>> {
  return inClient(name, reader, async (crane, repository) => {
    const checked = await crane(["validate", "--remote", `${repository}:${tag}`]);
    if (!checked.ok) return checked;
    if (checked.value.exitCode === 0) return succeed(undefined);
    if (saysNotFound(checked.value) || /FAIL|mismatch/i.test(checked.value.stdout + checked.value.stderr)) {
      return fail(
        problem("infrastructure", "oci.install_check_failed", `${repository}:${tag} cannot be pulled whole`, {
          details: `${checked.value.stdout}\n${checked.value.stderr}`.trim().slice(-4000),
          next: "run this again; if it stays so, the registry lost a layer",
        }),
      );
    }
    return fail(craneFailed("validate", repository, checked.value));
  });
}

type Crane = (args: readonly string[]) => Promise<Outcome<ProcessResult>>;

/** A credential helper that answers with a variable's value, so that the token is in no file and no argument. */
const HELPER = `#!/bin/sh
[ "$1" = get ] || exit 0
cat >/dev/null
printf '{"Username":"%s","Secret":"%s"}' "\${CODEMONKEYS_OCI_TOKEN%%:*}" "\${CODEMONKEYS_OCI_TOKEN#*:}"
`;

/** Runs crane against one registry, with a configuration of its own when there is a token. */
export async function inClient<T>(
  name: string,
  reader: RegistryReader,
  work: (crane: Crane, repository: string) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const program = await ensureCrane({ signal: reader.signal });
  if (!program.ok) return program;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-oci-"));
  try {
    const reference = referenceOf(name, reader.url);
    const env: Record<string, string> = {};
    if (reader.token !== undefined) {
      const host = reader.url === undefined ? undefined : new URL(reader.url).host;
      await writeFile(join(scratch, "docker-credential-codemonkeys"), HELPER, { mode: 0o700 });
      const config = host === undefined ? { credsStore: "codemonkeys" } : { credHelpers: { [host]: "codemonkeys" } };
      await writeFile(join(scratch, "config.json"), JSON.stringify(config), { mode: 0o600 });
      Object.assign(env, {
        DOCKER_CONFIG: scratch,
        CODEMONKEYS_OCI_TOKEN: reader.token,
        PATH: `${scratch}:${process.env.PATH ?? ""}`,
      });
    }
    const crane: Crane = async (args) => {
      const result = await runProcess(program.value, [...args, ...(reference.insecure ? ["--insecure"] : [])], {
        cwd: scratch,
        env,
        timeoutMs: 300_000,
        ...(reader.token === undefined ? { inherit: ["DOCKER_CONFIG"] } : {}),
        ...(reader.redactor ? { redactor: reader.redactor } : {}),
        ...(reader.signal ? { signal: reader.signal } : {}),
      });
      return succeed(result);
    };
    return await work(crane, reference.repository);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function saysNotFound({ stderr }: ProcessResult): boolean {
  return /MANIFEST_UNKNOWN|NAME_UNKNOWN|NOT_FOUND|unexpected status code 404|404 Not Found/i.test(stderr);
}

export function craneFailed(command: string, repository: string, result: ProcessResult): Diagnostic {
  const details = result.stderr.trim().slice(-4000);
  const host = repository.includes("/") ? repository.slice(0, repository.indexOf("/")) : "the registry";
  if (/UNAUTHORIZED|DENIED|unexpected status code 40[13]/i.test(details)) {
    return problem("secret", "oci.not_authorised", `${host} refused the token, or got none`, {
      details,
      next: "check the registry's token that the account of this company names: user:password",
    });
  }
  if (/connection refused|no such host|i\/o timeout|connection reset|EOF/.test(details) || result.ended === "timeout") {
    return problem("infrastructure", "oci.unreachable", `the registry ${host} could not be reached`, {
      details,
      next: "check the address and the network, then run this again",
    });
  }
  return problem("infrastructure", "oci.failed", `crane ${command} failed with exit code ${result.exitCode}`, {
    details,
  });
}

function nonsense(repository: string, { stdout }: ProcessResult): Diagnostic {
  return problem(
    "infrastructure",
    "oci.registry_nonsense",
    `${repository} is answered with something that is no digest`,
    {
      details: stdout.slice(0, 500),
    },
  );
}
