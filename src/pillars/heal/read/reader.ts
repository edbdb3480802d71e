import type { Line } from "./clean.ts";
import type { Category, FailurePlace, Rank } from "./report.ts";

/** A failure as a reader sees it, before the whole log is known. */
export interface Draft {
  readonly tool: string;
  readonly category: Category;
  readonly message: string;
  readonly first: number;
  readonly last: number;
  readonly place?: FailurePlace | undefined;
  readonly test?: string | undefined;
  readonly rank?: Rank;
  /**
   * How sure the reader is that this broke the build. `sure`: the tool reports it as its failure. `likely`: an uncaught
   * error that somebody may have handled. `guess`: the general reader. Default `sure`.
   */
  readonly confidence?: Confidence;
  /** A line of a summary that repeats a failure told in full elsewhere (same tool and test or message). */
  readonly echo?: boolean;
  /** A caller's last word on what kind of thing failed (Maven's goal): decides between causes of several kinds. */
  readonly verdict?: boolean;
  /**
   * Said before the verdict: counts only when a draft of the same tool says that its test failed, or, without a test,
   * when a verdict is of its category.
   */
  readonly provisional?: boolean;
  /** Names a failed test and nothing else; gives way to a provisional draft of the same test. */
  readonly bare?: boolean;
  /** What `occurrence` is made of in place of the message, when the message names one of several things in no fixed order. */
  readonly gist?: string;
  readonly captures?: Readonly<Record<string, string | undefined>>;
  /** What tells this cause from others of the same wording: an error code, a public package. Default: rule. */
  readonly key?: string | undefined;
}

export type Confidence = "sure" | "likely" | "guess";

/** `last` takes the line and ends the block; `no` ends the block before the line. */
export type Take = "take" | "last" | "no";

/** Some lines that one reader claims, in one lane. While it is open it sees every line of the lane first. */
export interface Block {
  take(line: Line): Take;
  finish(): readonly Draft[];
}

/** What a reader may ask about the lines before. */
export interface Lane {
  /** The n-th line before the current one in this lane (1 = the line before), if it is still at hand. */
  back(n: number): Line | undefined;
}

export interface ToolReader {
  readonly tool: string;
  /** Literal texts of which a line must hold one (any case) to be offered. Keep them short, without colour changes inside. */
  readonly hints: readonly string[];
  start(line: Line, lane: Lane): Block | readonly Draft[] | undefined;
}

/** Lines of one block that are kept as text; the range goes on. */
const KEPT_LINES = 400;

/**
 * The usual block: takes lines while `accepts` says so, drops blank lines at the end, then makes drafts of what it held.
 * @param accepts gets the line and how many lines the block already has
 */
export function gather(
  first: readonly Line[],
  accepts: (line: Line, held: readonly Line[]) => Take,
  finish: (lines: readonly Line[], range: { first: number; last: number }) => readonly Draft[],
): Block {
  const held = [...first];
  let lastNo = held[held.length - 1]!.no;
  return {
    take(line) {
      const answer = accepts(line, held);
      if (answer !== "no") {
        if (held.length < KEPT_LINES) held.push(line);
        if (line.text.trim() !== "") lastNo = line.no;
      }
      return answer;
    },
    finish: () => finish(held, { first: held[0]!.no, last: lastNo }),
  };
}

/** A line of a summary that names a failed test and nothing more: the test's own output, where the log has it, says why. */
export function listedTest(tool: string, test: string, line: Line): Draft {
  return {
    tool,
    category: "test",
    message: `test failed: ${test}`,
    test,
    first: line.no,
    last: line.no,
    echo: true,
  };
}

/** Marks CI machines put before a repository's own paths; cut off so that a place means the same everywhere. */
const WORKSPACES =
  /^(?:file:\/\/)?(?:\/home\/runner\/work\/[^/]+\/[^/]+\/|\/__w\/[^/]+\/[^/]+\/|[A-Z]:[\\/]a[\\/][^\\/]+[\\/][^\\/]+[\\/]|\/home\/travis\/build\/[^/]+\/[^/]+\/|\/(?:[\w.-]+\/)*workspace\/[^/]+\/|\/builds\/[^/]+\/[^/]+\/|\/github\/workspace\/|\/home\/circleci\/[^/]+\/|\/usr\/src\/app\/|\/app\/|\/workspace\/)/;

export function placeOf(file: string, line?: string | number, column?: string | number): FailurePlace {
  const path = file
    .trim()
    .replace(/^file:\/\/(?=\/)/, "")
    .replace(WORKSPACES, "")
    .replace(/^\.\//, "");
  return { file: path, ...numbered("line", line), ...numbered("column", column) };
}

function numbered(name: "line" | "column", value: string | number | undefined): { line?: number; column?: number } {
  const number = value === undefined || value === "" ? Number.NaN : Number(value);
  return Number.isInteger(number) && number > 0 ? { [name]: number } : {};
}
