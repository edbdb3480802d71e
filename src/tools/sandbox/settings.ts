import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Redactor } from "../../core/redact.ts";

/** Neither a known secret nor credentials in a URL. */
export function isHarmless(value: string, redactor: Redactor): boolean {
  return redactor.redact(value) === value && !/:\/\/[^/\s]*@/.test(value);
}

/** Settings below a home, and what of each may be seen: undefined when nothing may. */
const SETTINGS: Readonly<Record<string, (text: string, redactor: Redactor) => string | undefined>> = {
  ".npmrc": (text, redactor) =>
    linesOf(text, /^\s*(@[\w.-]+:)?(registry|cafile|strict-ssl|proxy|https-proxy|noproxy)\s*=/, redactor),
  // What `go env -w` writes.
  ".config/go/env": (text, redactor) =>
    linesOf(text, /^GO(?:PROXY|SUMDB|NOSUMDB|NOPROXY|PRIVATE|INSECURE|FLAGS|TOOLCHAIN)=/, redactor),
  ".m2/settings.xml": mavenSettings,
};

/**
 * The user's own package source settings without their secrets, so that the substitute home still asks the mirrors
 * that the machine is set up for.
 */
export async function copyHarmlessSettings(realHome: string, home: string, redactor: Redactor): Promise<void> {
  for (const [path, without] of Object.entries(SETTINGS)) {
    const source = join(realHome, path);
    if (!existsSync(source)) continue;
    const kept = without(await readFile(source, "utf8"), redactor);
    if (kept === undefined) continue;
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), kept);
  }
}

function linesOf(text: string, wanted: RegExp, redactor: Redactor): string | undefined {
  const kept = text
    .split("\n")
    .filter((line) => wanted.test(line))
    .filter((line) => isHarmless(line, redactor));
  return kept.length > 0 ? `${kept.join("\n")}\n` : undefined;
}

/** Mirrors and profiles, without the servers' accounts; nothing at all where a password is anywhere else. */
function mavenSettings(text: string, redactor: Redactor): string | undefined {
  const kept = text.replaceAll(/<!--[\s\S]*?-->/g, "").replaceAll(/<servers>[\s\S]*?<\/servers>/g, "");
  return /<(?:password|passphrase|privateKey)>/.test(kept) || !isHarmless(kept, redactor) ? undefined : kept;
}
