import { parse } from "semver";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";

/** Letters that PEP 440 has for a pre-release, by the words people use for it. */
const LETTERS: Readonly<Record<string, string>> = {
  a: "a",
  alpha: "a",
  b: "b",
  beta: "b",
  c: "rc",
  rc: "rc",
  pre: "rc",
  preview: "rc",
};

/**
 * A semantic version as PEP 440 spells it: `1.5.0-rc.1` → `1.5.0rc1`, `-dev.3` → `.dev3`, `+build.5` → `+build.5`.
 * Fails for pre-releases that Python has no word for, since pip would order them wrongly or refuse them.
 */
export function toPep440(version: string): Outcome<string> {
  const parsed = parse(version);
  if (!parsed) {
    // Calendar versions with leading zeros are no semantic versions, but PEP 440 takes them.
    if (/^\d+(\.\d+)*$/.test(version)) return succeed(version.replace(/(^|\.)0+(?=\d)/g, "$1"));
    return fail(problem("product", "pypi.version", `${version} cannot be spelled as a Python version`));
  }
  const core = `${parsed.major}.${parsed.minor}.${parsed.patch}`;
  const local = parsed.build.length > 0 ? `+${parsed.build.join(".").toLowerCase().replaceAll("-", ".")}` : "";
  if (parsed.prerelease.length === 0) return succeed(`${core}${local}`);
  const [word, count = 0, ...rest] = parsed.prerelease;
  const letter = LETTERS[String(word).toLowerCase()];
  if (rest.length === 0 && typeof count === "number") {
    if (letter) return succeed(`${core}${letter}${count}${local}`);
    if (word === "dev") return succeed(`${core}.dev${count}${local}`);
  }
  return fail(
    problem("product", "pypi.version", `${version} cannot be spelled as a Python version`, {
      next: "Python knows the channels alpha, beta, rc and dev, each with a number: 1.5.0-rc.1",
    }),
  );
}

/** A project name as PEP 503 compares it. */
export function normalizedName(name: string): string {
  return name.replace(/[-_.]+/g, "-").toLowerCase();
}

/** The name as it begins a sdist's or a wheel's file name (PEP 625, PEP 427). */
export function fileNameOf(name: string): string {
  return normalizedName(name).replaceAll("-", "_");
}

/** A Python version in its canonical spelling: `1.5.0-rc.1`, `1.5.0.RC1` and `1.5.0rc1` are one version. */
export function normalizedVersion(version: string): string {
  const match =
    /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i.exec(
      version.trim(),
    );
  if (!match) return version;
  const [, epoch, release = "", pre, preCount, implicitPost, post, postCount, dev, devCount, local] = match;
  const number = (text: string | undefined) => String(Number(text || 0));
  let out = release.split(".").map(number).join(".");
  if (epoch) out = `${number(epoch)}!${out}`;
  if (pre) out += `${LETTERS[pre.toLowerCase()]}${number(preCount)}`;
  if (implicitPost !== undefined || post) out += `.post${number(implicitPost ?? postCount)}`;
  if (dev) out += `.dev${number(devCount)}`;
  if (local) out += `+${local.toLowerCase().replace(/[-_]/g, ".")}`;
  return out;
}
