import { rangesMeet } from "../../../../ecosystems/index.ts";

/**
 * Who asked for what when packages could not be had together, or one could not be had at all. Captures of the readers
 * of package managers: `asked_package` in `asked_range`; where it met another, `against_package`, the range of it that
 * the first takes (`against_wants`) and what was there (`against_met`).
 */
export type DependencyAsks = Readonly<
  Partial<Record<"asked_package" | "asked_range" | "against_package" | "against_wants" | "against_met", string>>
>;

const NPM_NAME = String.raw`(?:@[\w.~-]+\/)?[\w.~-]+`;
const NPM_WANTS = new RegExp(
  String.raw`^\s*(?:(?:dev|optional) )*(?:peer )?(${NPM_NAME})@"([^"]*)" from (${NPM_NAME})@(\S+)`,
  "m",
);

/** From the lines of an npm error, without their `npm error`. */
export function npmAsks(all: string): DependencyAsks {
  const gone = new RegExp(`No matching version found for (${NPM_NAME})@(\\S+?)\\.?$`, "m").exec(all);
  if (gone) return { asked_package: gone[1]!, asked_range: gone[2]! };
  const unknown = new RegExp(`['" ](${NPM_NAME})@[^'"\\n]+?['"]? is not in (?:this|the npm) registry`).exec(all);
  // No range of a package that is not there can be had.
  if (unknown) return { asked_package: unknown[1]!, asked_range: "*" };
  const told = all.slice(Math.max(0, all.indexOf("Could not resolve dependency")));
  const wants = NPM_WANTS.exec(told);
  if (!all.includes("ERESOLVE") || !wants) return {};
  const [, against, range, asker, version] = wants as unknown as [string, string, string, string, string];
  const found = new RegExp(String.raw`Found: ${escaped(against)}@(\S+)`).exec(all)?.[1];
  return {
    asked_package: asker,
    asked_range: new RegExp(String.raw`(?:^|\s)${escaped(asker)}@"([^"]*)" from`).exec(all)?.[1] ?? version,
    against_package: against,
    against_wants: range,
    ...optional("against_met", rootAsk(all, against) ?? found),
  };
}

function rootAsk(all: string, name: string): string | undefined {
  return new RegExp(String.raw`(?:^|\s)${escaped(name)}@"([^"]*)" from the root project`).exec(all)?.[1];
}

const PYTHON = String.raw`([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[\w, .-]*\])?`;
const SPECIFIER = String.raw`((?:[=<>~!]=?=?[^\s;(),]+)(?:(?:, ?| and )[=<>~!]=?=?[^\s;(),]+)*)`;

/** From the lines of an error of pip, uv or Poetry. */
export function pythonAsks(all: string): DependencyAsks {
  const text = all.replace(/\s+/g, " ");
  const gone = new RegExp(`satisfies the requirement ${PYTHON}\\s*${SPECIFIER}?.*?\\(from versions: (.*?)\\)`).exec(
    text,
  );
  // pip names what there is: nothing at all, or other versions.
  if (gone) return { asked_package: gone[1]!, asked_range: gone[3] === "none" ? "*" : (gone[2] ?? "*") };
  const clash = pythonClash(text);
  if (clash) return clash;
  const none =
    new RegExp(`there (?:is|are) no versions? of ${PYTHON}\\s*${SPECIFIER}`).exec(text) ??
    new RegExp(`no versions of ${PYTHON} match ([^\\s(]+)`).exec(text);
  if (none) return { asked_package: none[1]!, asked_range: plain(none[2])! };
  const unknown = new RegExp(`Because ${PYTHON} was not found in the package registry`).exec(text);
  return unknown ? { asked_package: unknown[1]!, asked_range: "*" } : {};
}

/** "a 1.0 depends on c<2": of all that are told, the one that what was there does not satisfy. */
function pythonClash(text: string): DependencyAsks | undefined {
  const told = [
    ...text.matchAll(new RegExp(`${PYTHON} (\\d[\\w.!+-]*) depends on ${PYTHON}\\s*${SPECIFIER}`, "g")),
    ...text.matchAll(
      new RegExp(`${PYTHON}\\s?(==[\\w.!+-]+|\\([^)]*\\)) depends on ${PYTHON}\\s*\\(?${SPECIFIER}`, "g"),
    ),
  ].map((match) => {
    const [, asker, version, against, range] = match as unknown as [string, string, string, string, string];
    const ask = new RegExp(
      `(?:The user requested|you require|project depends on|and \\S+ depends on) ${escaped(against)}\\s*\\(?${SPECIFIER}`,
      "i",
    );
    return { asker, version, against, wants: plain(range), met: plain(ask.exec(text)?.[1]) };
  });
  const chosen = told.find(({ wants, met }) => wants && met && !rangesMeet("pypi", wants, met)) ?? told[0];
  if (!chosen?.wants) return undefined;
  return {
    asked_package: chosen.asker,
    asked_range: chosen.version.replace(/^\((.*)\)$/, "$1").replace(/^(?=\d)/, "=="),
    against_package: chosen.against,
    against_wants: chosen.wants,
    ...optional("against_met", chosen.met),
  };
}

/** A specifier as a manifest writes it, without what the sentence around it adds. */
function plain(specifier: string | undefined): string | undefined {
  return specifier?.replaceAll(" and ", ",").replace(/[.,]+$/, "");
}

/** From the lines of an error of cargo's resolver. */
export function cargoAsks(all: string): DependencyAsks {
  const gone = /failed to select a version for the requirement `([\w-]+) = "([^"]+)"/.exec(all);
  if (gone) return { asked_package: gone[1]!, asked_range: gone[2]! };
  const unknown = /no matching package named `([\w-]+)` found/.exec(all);
  if (unknown) return { asked_package: unknown[1]!, asked_range: "*" };
  const name = /failed to select a version for `([\w-]+)`/.exec(all)?.[1];
  const range = /versions that meet the requirements? `([^`]+)`/.exec(all)?.[1];
  if (name === undefined || range === undefined) return {};
  const met = /previously selected package `([\w-]+) v([^\s`]+)/.exec(all);
  return {
    asked_package: name,
    asked_range: range,
    ...(met ? { against_package: met[1]!, against_met: `=${met[2]}` } : {}),
  };
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
