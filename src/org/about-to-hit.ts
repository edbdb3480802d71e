import { type Asked, type EcosystemId, rangesMeet, rangeWithin } from "../ecosystems/index.ts";
import type { Conflict } from "../swarm/conflicts.ts";

/** What a product asks for that a known conflict is about. */
export interface Hit {
  readonly ask: Asked;
  /** The ask that it cannot be had with; absent where the package cannot be had at all. */
  readonly against?: Asked;
}

/**
 * Asks of a product that meet a conflict. Where a lock file beside or above a manifest holds a version that the
 * manifest allows, that version counts: it is what gets installed.
 */
export function hitsOf(conflict: Conflict, asked: readonly Asked[]): readonly Hit[] {
  const ecosystem = conflict.ecosystem as EcosystemId;
  const own = asked.filter((one) => one.ecosystem === ecosystem);
  const askedFor = (name: string) => {
    const all = own.filter((one) => one.name === name);
    const manifests = all.filter(({ locked }) => !locked);
    return manifests.length > 0 ? manifests : all;
  };
  const ranges = (one: Asked) => installedBy(one, own);
  const { against } = conflict;
  const mine = askedFor(conflict.package).filter((one) =>
    ranges(one).some((range) =>
      against ? rangesMeet(ecosystem, range, conflict.requested) : rangeWithin(ecosystem, range, conflict.requested),
    ),
  );
  if (!against) return mine.map((ask) => ({ ask }));
  const { wants, met } = against;
  const clashes = (range: string) =>
    wants === undefined ? met === undefined || rangesMeet(ecosystem, range, met) : !rangesMeet(ecosystem, range, wants);
  const theirs = askedFor(against.package).filter((one) => ranges(one).some(clashes));
  return mine.flatMap((ask) => {
    const other = theirs.find((one) => one !== ask);
    return other ? [{ ask, against: other }] : [];
  });
}

function installedBy(ask: Asked, all: readonly Asked[]): readonly string[] {
  if (ask.locked) return [ask.range];
  const held = all.filter(
    (one) =>
      one.locked &&
      one.name === ask.name &&
      ask.file.startsWith(one.file.slice(0, one.file.lastIndexOf("/") + 1)) &&
      rangesMeet(one.ecosystem, one.range, ask.range),
  );
  return held.length > 0 ? held.map(({ range }) => range) : [ask.range];
}
