import { parse, type SemVer } from "semver";

/** A release tag, taken apart. */
export interface ReleaseTag {
  readonly tag: string;
  /** Full id of the commit the tag (peeled) stands on. */
  readonly commit: string;
  /** What stands before the version: `v`, ``, `pkg@`, `pkg-v`, `@scope/pkg@` … */
  readonly prefix: string;
  /** The package a monorepo's tag names; "" for the repository's own series. */
  readonly series: string;
  readonly version: SemVer;
  /** The version as the tag spells it: `2026.01.0`, `1.5.0rc1`. */
  readonly spelling: string;
}

const TAG =
  /^((?:.*?(?:[@/_-]|(?<=[a-z])))?[vV]?)(\d+\.\d+(?:\.\d+)?(?:[-.]?[A-Za-z][0-9A-Za-z.-]*|-\d[0-9A-Za-z.-]*)?(?:\+[0-9A-Za-z.-]+)?)$/;
/** Words that projects put before a version without meaning a package. */
const PLAIN = /^(?:v|ver|version|r|rel|release|releases)?$/i;

/** Reads `v1.2.3`, `1.2.3`, `pkg@1.2.3`, `pkg-v1.2.3`, `pkg/v1.2.3`, `release-1.2.3`; undefined for any other tag. */
export function parseTag(tag: string, commit: string): ReleaseTag | undefined {
  // Most tags of most repositories, which may have ten thousand of them.
  const plain = /^(v?)((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))$/.exec(tag);
  if (plain) {
    const [, prefix = "", spelling = ""] = plain;
    const version = parse(spelling);
    return version ? { tag, commit, prefix, series: "", version, spelling } : undefined;
  }
  const match = TAG.exec(tag);
  if (!match) return undefined;
  const prefix = match[1] as string;
  const spelling = match[2] as string;
  const version = parseVersion(spelling);
  if (!version) return undefined;
  return { tag, commit, prefix, series: seriesOf(prefix), version, spelling };
}

function seriesOf(prefix: string): string {
  // A `v` belongs to the version only where a separator or nothing stands before it.
  const name = prefix.replace(/(?<=^|[@/_-])[vV]$/, "").replace(/[@/_-]$/, "");
  return PLAIN.test(name) ? "" : name;
}

/** A version in any spelling that tags have: two numbers, leading zeros (calendar versions), `1.5.0rc1`, `1.5.0.dev1`. */
export function parseVersion(spelling: string): SemVer | undefined {
  const match =
    /^(\d+)\.(\d+)(?:\.(\d+))?(?:[-.]?([A-Za-z][0-9A-Za-z.-]*|(?<=-)\d[0-9A-Za-z.-]*))?(?:\+([0-9A-Za-z.-]+))?$/.exec(
      spelling,
    );
  if (!match) return undefined;
  const [, major, minor, patch, pre, build] = match;
  const core = [major, minor, patch ?? "0"].map((part) => (part as string).replace(/^0+(?=\d)/, "")).join(".");
  const identifiers = pre === undefined ? undefined : semverPrerelease(pre);
  if (pre !== undefined && identifiers === undefined) return undefined;
  return parse(`${core}${identifiers ? `-${identifiers}` : ""}${build ? `+${build}` : ""}`) ?? undefined;
}

/** `rc1`, `rc.1` and `b1` are one pre-release each; PEP 440's short names become semver's usual words. */
function semverPrerelease(text: string): string | undefined {
  const python = /^(a|alpha|b|beta|rc|c|dev)\.?-?(\d+)$/i.exec(text);
  if (python) {
    const word = (python[1] as string).toLowerCase();
    const long = word === "a" ? "alpha" : word === "b" ? "beta" : word === "c" ? "rc" : word;
    return `${long}.${Number(python[2])}`;
  }
  return /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/.test(text) ? text : undefined;
}

/** The prefix of a series' next tag: that of its newest tag; for a first one `v`, or `name@` in a monorepo. */
export function prefixFor(series: string, tags: readonly ReleaseTag[]): string {
  const newest = newestOf(tags.filter((tag) => tag.series === series));
  if (newest) return newest.prefix;
  const model = newestOf(tags.filter((tag) => tag.series !== ""));
  if (series !== "" && model) return model.prefix.replace(model.series, series);
  return series === "" ? "v" : `${series}@`;
}

/** What stands before the version, and the series it makes, in tags of a scheme such as `{name}-v{version}`. */
export function schemeOf(scheme: string, name: string): { readonly prefix: string; readonly series: string } {
  const prefix = scheme.replaceAll("{name}", name).replace("{version}", "");
  return { prefix, series: seriesOf(prefix) };
}

/** The highest version of a list. */
export function newestOf(tags: readonly ReleaseTag[]): ReleaseTag | undefined {
  let best: ReleaseTag | undefined;
  for (const tag of tags) if (!best || tag.version.compare(best.version) > 0) best = tag;
  return best;
}

/** The highest versions of a list, highest first. Of a long list only a few are wanted, so that it is not sorted then. */
export function highestOf(tags: readonly ReleaseTag[], count: number): ReleaseTag[] {
  const down = (a: ReleaseTag, b: ReleaseTag) => b.version.compare(a.version);
  if (count * 4 >= tags.length) return [...tags].sort(down).slice(0, count);
  const best: ReleaseTag[] = [];
  for (const tag of tags) {
    const last = best.at(-1);
    if (best.length === count && last && down(tag, last) >= 0) continue;
    const at = best.findIndex((other) => down(tag, other) < 0);
    best.splice(at < 0 ? best.length : at, 0, tag);
    if (best.length > count) best.pop();
  }
  return best;
}
