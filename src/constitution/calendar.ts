/** The clock as the constitution's time zone reads it. */
export interface LocalTime {
  /** Monday … Sunday. */
  readonly weekday: string;
  /** 0 to 23. */
  readonly hour: number;
  /** YYYY-MM-DD. */
  readonly date: string;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "long",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  formatters.set(timeZone, made);
  return made;
}

/** A formatter reads tables that take longer than most commands do; the usual zone does without one. */
const UTC = "UTC";

export function isTimeZone(name: string): boolean {
  // The list is quickly had, and has no second names of a zone (`US/Eastern`).
  if (name === UTC || Intl.supportedValuesOf("timeZone").includes(name)) return true;
  try {
    formatter(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Weekday, hour and date at `ms` milliseconds since the epoch, in a time zone. */
export function localTime(ms: number, timeZone: string): LocalTime {
  const part = partsOf(ms, timeZone);
  return { weekday: part.weekday, hour: Number(part.hour), date: `${part.year}-${part.month}-${part.day}` };
}

/** `Fri 20 Nov 2026 14:05`, in a time zone. */
export function showTime(ms: number, timeZone: string): string {
  const part = partsOf(ms, timeZone);
  return `${part.weekday.slice(0, 3)} ${Number(part.day)} ${MONTHS[Number(part.month) - 1]} ${part.year} ${part.hour}:${part.minute}`;
}

type Part = "weekday" | "year" | "month" | "day" | "hour" | "minute";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function partsOf(ms: number, timeZone: string): Record<Part, string> {
  if (timeZone === UTC) {
    const time = new Date(ms);
    const [, year = "", month = "", day = "", hour = "", minute = ""] =
      /^(.+)-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(time.toISOString()) ?? [];
    return { weekday: WEEKDAYS[time.getUTCDay()] ?? "", year, month, day, hour, minute };
  }
  const parts = formatter(timeZone).formatToParts(ms);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value])) as Record<Part, string>;
}
