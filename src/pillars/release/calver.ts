import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type CALENDAR_PARTS, calendarProblem } from "../../pipeline/release-rules.ts";

/**
 * Calendar versions after calver.org: `YYYY`, `YY`, `0Y`, `MM`, `0M`, `WW`, `0W`, `DD`, `0D` from the date of the
 * release (UTC), and `MICRO` (also spelled `PATCH`), which counts the releases that share the rest, from 0.
 */
const PARTS: Readonly<Record<(typeof CALENDAR_PARTS)[number], (date: Date) => string>> = {
  YYYY: (date) => String(date.getUTCFullYear()),
  YY: (date) => String(date.getUTCFullYear() - 2000),
  "0Y": (date) => pad(date.getUTCFullYear() - 2000),
  MM: (date) => String(date.getUTCMonth() + 1),
  "0M": (date) => pad(date.getUTCMonth() + 1),
  WW: (date) => String(week(date)),
  "0W": (date) => pad(week(date)),
  DD: (date) => String(date.getUTCDate()),
  "0D": (date) => pad(date.getUTCDate()),
};

/**
 * The version for a release on a date (milliseconds since the epoch) under a format, given every version that exists.
 */
export function nextCalendarVersion(format: string, at: number, existing: readonly string[]): Outcome<string> {
  const date = new Date(at);
  const parts = format.split(".");
  const wrong = calendarProblem(format);
  if (wrong !== undefined)
    return fail(problem("config", "release.calver_format", `${format} is not a calendar version format: ${wrong}`));
  const shape = parts.map((part) => (Object.hasOwn(PARTS, part) ? PARTS[part as keyof typeof PARTS](date) : undefined));
  const counted = shape.indexOf(undefined);
  if (counted < 0) {
    const version = shape.join(".");
    if (!existing.includes(version)) return succeed(version);
    return fail(
      problem("config", "release.calver_taken", `${version} is already released, and ${format} has no counter`, {
        // A version has three numbers at most.
        next: `let MICRO count the releases of the same date: ${[...parts.slice(0, 2), "MICRO"].join(".")}`,
      }),
    );
  }
  const pattern = new RegExp(`^${shape.map((part) => part ?? "(\\d+)").join("\\.")}$`);
  const counts = existing.map((version) => pattern.exec(version)?.[1]).filter((count) => count !== undefined);
  const next = counts.length === 0 ? 0 : Math.max(...counts.map(Number)) + 1;
  return succeed(shape.map((part) => part ?? String(next)).join("."));
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** ISO 8601 week of the year. */
function week(date: Date): number {
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const yearStart = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return Math.ceil(((thursday.getTime() - yearStart) / 86_400_000 + 1) / 7);
}
