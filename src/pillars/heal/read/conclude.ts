import { maskVolatile, occurrenceKey, patternKey } from "./keys.ts";
import type { Confidence, Draft } from "./reader.ts";
import type { BuildFailure, LineRange } from "./report.ts";

/**
 * From drafts to the report: the same failure told several times becomes one, what the last green log shows too goes,
 * and the root of the cascade is found.
 */
export interface Conclusion {
  readonly failures: readonly BuildFailure[];
  readonly root: BuildFailure | undefined;
}

interface Group {
  readonly draft: Draft;
  readonly also: LineRange[];
  count: number;
}

/** What a message keeps; the lines of the log tell the rest. */
const LONGEST_MESSAGE = 1000;

const TRUST: Readonly<Record<Confidence, number>> = { sure: 2, likely: 1, guess: 0 };

export function conclude(
  drafts: readonly Draft[],
  scope: { product?: string | undefined; stage?: string | undefined },
  inPass: (draft: Draft) => boolean,
): Conclusion {
  const ordered = withParents(confirmed(drafts)).sort((a, b) => a.first - b.first || a.last - b.last);
  const fresh = ordered.filter((draft) => !inPass(draft));
  // A green log can hold every line of a red one (the exit code differs): then the difference says nothing.
  const judged = fresh.some((draft) => draft.rank !== "consequence") ? fresh : ordered;
  const groups = merge(withoutEmptyWords(withoutGuesses(judged)));
  const rootGroup = rootOf(groups);
  const failures = groups.map((group) => toFailure(group, group === rootGroup, scope));
  return { failures, root: failures.find((failure) => failure.root) };
}

/**
 * What a test said before its verdict counts when the verdict was a failure, and what a check said when its caller says
 * that a check of its kind failed. A bare verdict takes its message and place
 * from there, and the verdict's own line becomes one more line of the failure.
 */
function confirmed(drafts: readonly Draft[]): Draft[] {
  const said = new Map<string, Draft[]>();
  for (const draft of drafts) {
    if (draft.provisional !== true) continue;
    const key = `${draft.tool}\0${draft.test}`;
    said.set(key, [...(said.get(key) ?? []), draft]);
  }
  const failedKinds = new Set(drafts.flatMap(({ verdict, category }) => (verdict === true ? [category] : [])));
  return drafts.flatMap((draft): Draft[] => {
    if (draft.provisional === true) return draft.test === undefined && failedKinds.has(draft.category) ? [draft] : [];
    const words = draft.test === undefined ? undefined : said.get(`${draft.tool}\0${draft.test}`);
    if (words === undefined) return [draft];
    const echoes = words.map((word) => ({ ...word, echo: true }));
    if (draft.bare !== true) return [draft, ...echoes];
    const told = words[0]!;
    return [{ ...told, rank: draft.rank ?? "cause" }, ...echoes.slice(1), { ...draft, echo: true }];
  });
}

/** A test that says nothing but that it failed, and whose subtest failed too, failed by that. */
function withParents(drafts: readonly Draft[]): Draft[] {
  const tests = drafts.flatMap(({ tool, test }) => (test === undefined ? [] : [`${tool}\0${test}`]));
  return drafts.map((draft) => {
    if (draft.bare !== true || draft.rank !== undefined) return draft;
    const inside = `${draft.tool}\0${draft.test}/`;
    return tests.some((test) => test.startsWith(inside)) ? { ...draft, rank: "consequence" } : draft;
  });
}

/**
 * "Exit code 1" and its like close every failed build. They are told where they stand directly below the failure they
 * close, or when the log says nothing else.
 */
function withoutEmptyWords(drafts: readonly Draft[]): readonly Draft[] {
  const empty = (draft: Draft) => draft.rank === "consequence" && trust(draft) === TRUST.guess;
  if (drafts.every(empty)) return drafts;
  let end = Number.NEGATIVE_INFINITY;
  return drafts.filter((draft) => {
    if (empty(draft) && draft.first > end + 1) return false;
    if (trust(draft) > TRUST.guess || empty(draft)) end = Math.max(end, draft.last);
    return true;
  });
}

/** Guesses are for logs that no reader knows: where a tool has named the cause they are noise. */
function withoutGuesses(drafts: readonly Draft[]): readonly Draft[] {
  const known = drafts.some((draft) => draft.rank !== "consequence" && trust(draft) === TRUST.sure);
  return known ? drafts.filter((draft) => draft.rank === "consequence" || trust(draft) !== TRUST.guess) : drafts;
}

function merge(drafts: readonly Draft[]): Group[] {
  const groups = new Map<string, Group>();
  const byTest = new Map<string, Group>();
  const echoes: Draft[] = [];
  for (const draft of drafts) {
    if (draft.echo === true) {
      echoes.push(draft);
      continue;
    }
    const key = identity(draft);
    const known = groups.get(key);
    if (known !== undefined) {
      add(known, draft);
      continue;
    }
    const group: Group = { draft, also: [], count: 1 };
    groups.set(key, group);
    if (draft.test !== undefined) byTest.set(`${draft.tool}\0${draft.test}`, group);
  }
  for (const echo of echoes) {
    const told =
      (echo.test === undefined ? undefined : byTest.get(`${echo.tool}\0${echo.test}`)) ??
      groups.get(identity(echo)) ??
      endingWith(byTest, echo);
    if (told !== undefined) {
      told.also.push([echo.first, echo.last]);
      continue;
    }
    const group: Group = { draft: echo, also: [], count: 1 };
    groups.set(identity(echo), group);
    if (echo.test !== undefined) byTest.set(`${echo.tool}\0${echo.test}`, group);
  }
  return [...groups.values()].sort((a, b) => a.draft.first - b.draft.first);
}

/** Summaries often shorten a test's name to its last part, or write the class before it. */
function endingWith(byTest: ReadonlyMap<string, Group>, echo: Draft): Group | undefined {
  if (echo.test === undefined) return undefined;
  for (const [name, group] of byTest) {
    const test = name.slice(name.indexOf("\0") + 1);
    if (name.startsWith(`${echo.tool}\0`) && (test.endsWith(echo.test) || echo.test.endsWith(test))) return group;
  }
  return undefined;
}

function add(group: Group, draft: Draft): void {
  group.count++;
  if (group.also.length < 1000) group.also.push([draft.first, draft.last]);
}

function identity(draft: Draft): string {
  const place =
    draft.place === undefined ? "" : `${draft.place.file}:${draft.place.line ?? ""}:${draft.place.column ?? ""}`;
  return [draft.tool, draft.category, draft.rank ?? "cause", draft.test ?? "", place, maskVolatile(draft.message)].join(
    "\0",
  );
}

function trust(draft: Draft): number {
  return TRUST[draft.confidence ?? "sure"];
}

/**
 * The first of the most trusted causes; of such as somebody may have handled, the last, which nobody did. A caller that
 * says what kind of thing failed (Maven's goal) decides between causes of several kinds, and over mere guesses.
 */
function rootOf(groups: readonly Group[]): Group | undefined {
  const causes = groups.filter((group) => group.draft.rank !== "consequence");
  const verdict = groups.findLast(({ draft }) => draft.verdict === true && draft.category !== "unknown");
  const best = Math.max(-1, ...causes.map((group) => trust(group.draft)));
  if (best <= TRUST.guess && verdict !== undefined) return verdict;
  if (best === -1) return groups[0];
  const among = causes.filter((group) => trust(group.draft) === best);
  const kind = verdict?.draft.category;
  let ofKind = among.filter(({ draft }) => draft.category === kind);
  // Warnings that are fatal fail a compilation.
  if (kind === "compilation" && ofKind.every((group) => group === verdict)) {
    const fatal = among.filter(({ draft }) => draft.category === "warnings_as_errors");
    if (fatal.length > 0) ofKind = fatal;
  }
  const candidates = ofKind.length > 0 ? ofKind : among;
  return best === TRUST.likely ? candidates.at(-1) : candidates[0];
}

function toFailure(
  { draft, also, count }: Group,
  root: boolean,
  scope: { product?: string | undefined; stage?: string | undefined },
): BuildFailure {
  const captures: Record<string, string> = {};
  for (const [name, value] of Object.entries(draft.captures ?? {})) if (value) captures[name] = value;
  return {
    tool: draft.tool,
    category: draft.category,
    message: draft.message.length > LONGEST_MESSAGE ? `${draft.message.slice(0, LONGEST_MESSAGE)} …` : draft.message,
    ...(draft.place === undefined ? {} : { place: draft.place }),
    ...(draft.test === undefined ? {} : { test: draft.test }),
    logLines: [draft.first, draft.last],
    alsoAt: also,
    count,
    rank: draft.rank ?? "cause",
    root,
    captures,
    occurrence: occurrenceKey(draft, scope),
    pattern: patternKey(draft, scope.product),
  };
}
