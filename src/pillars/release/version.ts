import { parse, type SemVer } from "semver";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Level, Rules } from "../../pipeline/release-rules.ts";
import { nextCalendarVersion } from "./calver.ts";
import { parseVersion } from "./tags.ts";

export const BUMPS = ["major", "minor", "patch", "prerelease"] as const;
export type Bump = (typeof BUMPS)[number];

export interface VersionInput {
  /** The last version without a pre-release part, if there is one. */
  readonly lastStable: SemVer | undefined;
  /** All versions of the series, pre-releases too, as their tags spell them. */
  readonly existing: readonly string[];
  /** Those of them that the released commit contains: what another branch works towards is no aim of this one. */
  readonly reached: readonly string[];
  /** What the commits since the last stable version call for. */
  readonly level: Level;
  /** Pre-release channel: `rc`, `beta`; undefined for a stable release. */
  readonly channel: string | undefined;
  /** From a `Release-As` footer or a person's parameter: decides alone; on a channel, what the pre-releases lead to. */
  readonly releaseAs: string | undefined;
  /** The version in the manifest, which a first release takes. */
  readonly manifest: string | undefined;
  /** When the release is made, in milliseconds since the epoch; for calendar versions. */
  readonly at: number;
}

export interface NextVersion {
  readonly version: string;
  readonly bump: Bump;
}

/** The next version, or undefined when nothing calls for a release. */
export function nextVersion(input: VersionInput, rules: Rules): Outcome<NextVersion | undefined> {
  if (input.releaseAs !== undefined) return forced(input, input.releaseAs, rules);
  if (input.level === "none") return succeed(undefined);
  if (rules.calver !== undefined) {
    const next = nextCalendarVersion(rules.calver, input.at, input.existing);
    if (!next.ok) return next;
    if (input.channel === undefined) {
      return succeed({ version: next.value, bump: bumpOf(input.lastStable, parseVersion(next.value)) });
    }
    return succeed({
      version: calendarPrerelease(next.value, input.channel, input.existing, rules.prerelease_from),
      bump: "prerelease",
    });
  }
  const pre = prereleasesSince(input);
  const core = input.lastStable ? raise(input.lastStable, input.level, rules) : firstCore(input, pre, rules);
  if (input.channel === undefined) {
    return succeed({ version: core, bump: bumpOf(input.lastStable, parseVersion(core)) });
  }
  const aim = aimOf(core, input.channel, pre);
  return succeed({ version: withChannel(aim, input.channel, input, rules), bump: "prerelease" });
}

/**
 * Raises a version by a level. Below 1.0.0 the public interface is not declared (semver 4), so there the rules say what
 * a breaking change and a feature raise; only `Release-As: 1.0.0` or `zero: major` leaves 0.x.
 */
export function raise(version: SemVer, level: Exclude<Level, "none">, rules: Pick<Rules, "zero">): string {
  const { major, minor, patch } = version;
  let effective = level;
  if (major === 0 && rules.zero !== "major") {
    if (level === "major") effective = "minor";
    else if (level === "minor" && rules.zero === "patch") effective = "patch";
  }
  if (effective === "major") return `${major + 1}.0.0`;
  if (effective === "minor") return `${major}.${minor + 1}.0`;
  return `${major}.${minor}.${patch + 1}`;
}

/** Which number a step from one version to another raises; a first release counts as what its own numbers show. */
export function bumpOf(from: SemVer | undefined, to: SemVer | undefined): Bump {
  if (to && to.prerelease.length > 0) return "prerelease";
  if (!to || !from) return to?.patch ? "patch" : to?.minor ? "minor" : "major";
  if (to.major !== from.major) return "major";
  return to.minor !== from.minor ? "minor" : "patch";
}

/** Pre-releases of this branch after its last stable version: those of the version to come. */
function prereleasesSince(input: VersionInput): SemVer[] {
  return prereleases(input.reached).filter((version) => !input.lastStable || version.compare(input.lastStable) > 0);
}

function prereleases(spellings: readonly string[]): SemVer[] {
  return spellings
    .filter((spelling) => /[A-Za-z-]/.test(spelling))
    .map(parseVersion)
    .filter((version): version is SemVer => version !== undefined && version.prerelease.length > 0);
}

function firstCore(input: VersionInput, pre: readonly SemVer[], rules: Rules): string {
  const newest = pre.reduce<SemVer | undefined>((best, v) => (!best || v.compare(best) > 0 ? v : best), undefined);
  if (newest) return coreOf(newest);
  const named = input.manifest === undefined ? undefined : parseVersion(input.manifest);
  // 0.0.0 is what generators write for "no version yet".
  return named && coreOf(named) !== "0.0.0" ? coreOf(named) : rules.first;
}

/** A channel whose pre-releases already aim higher than the commits call for stays there. */
function aimOf(core: string, channel: string, pre: readonly SemVer[]): string {
  const mine = pre.filter((version) => version.prerelease[0] === channel);
  return mine.reduce((best, version) => (version.compareMain(best) > 0 ? coreOf(version) : best), core);
}

/** `1.5.0-rc.3` after `-rc.2`, on whichever branch that one is. */
function withChannel(aim: string, channel: string, { existing }: VersionInput, rules: Rules): string {
  const counts = prereleases(existing)
    .filter((version) => coreOf(version) === aim && version.prerelease[0] === channel)
    .map((version) => version.prerelease[1])
    .filter((count): count is number => typeof count === "number");
  return `${aim}-${channel}.${Math.max(rules.prerelease_from - 1, ...counts) + 1}`;
}

/** `2026.11.0-rc.2` after `-rc.1`, in the spelling of the calendar version, which may have leading zeros. */
function calendarPrerelease(core: string, channel: string, existing: readonly string[], from: number): string {
  const prefix = `${core}-${channel}.`;
  const counts = existing
    .filter((spelling) => spelling.startsWith(prefix))
    .map((spelling) => Number(spelling.slice(prefix.length)))
    .filter(Number.isInteger);
  return `${prefix}${Math.max(from - 1, ...counts) + 1}`;
}

function coreOf(version: SemVer): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}

function forced(input: VersionInput, text: string, rules: Rules): Outcome<NextVersion> {
  const wanted = parse(text) ?? undefined;
  if (!wanted) {
    return fail(
      problem(
        "product",
        "release.release_as_invalid",
        `Release-As asks for ${shown(text)}, which is not a semantic version`,
        {
          next: "write three numbers, such as Release-As: 2.0.0, in a newer commit",
        },
      ),
    );
  }
  const newest = input.lastStable;
  if (newest && wanted.compare(newest) <= 0) {
    return fail(
      problem(
        "product",
        "release.release_as_not_newer",
        `Release-As asks for ${wanted.version}, but ${newest.version} is already released`,
        { next: "ask for a higher version in a newer commit" },
      ),
    );
  }
  if (input.channel !== undefined && wanted.prerelease.length === 0)
    return succeed({ version: withChannel(coreOf(wanted), input.channel, input, rules), bump: "prerelease" });
  return succeed({ version: wanted.version, bump: bumpOf(newest, wanted) });
}

/** Text of a commit message, short and without control characters. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
