import type { Params } from "./params";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The time ranges that the dashboard offers. */
export const RANGES = { "24h": "24 h", "7d": "7 days", "30d": "30 days", "90d": "90 days" } as const;
type RangeName = keyof typeof RANGES;

/** A time range, as every panel takes it. Times are ISO 8601 in UTC. */
export type AdminRange = {
  /** The chosen range; null for typed days. */
  name: RangeName | null;
  from: string;
  to: string;
  /** For example "last 7 days". */
  words: string;
  /** How many UTC days of daily statistics cover it, 1 to 90. */
  days: number;
  /** The dates of its first and last day. */
  firstDay: string;
  lastDay: string;
  /** The rankings' window that covers it best. */
  ranking: 7 | 30 | 90;
};

/**
 * The range in a page's address: `?range=7d`, or UTC days as `?from=2026-05-01&to=2026-05-08`, both included. "24h" is
 * the last 24 hours, the others are UTC days. An invalid range is the last 7 days.
 * @param now in milliseconds. A range ends with its minute, so that the query key stays the same for a minute
 */
export function rangeOf(params: Params, now: number): AdminRange {
  const typed = daysOf(params, now);
  if (typed) return typed;
  const name = isRange(params.range) ? params.range : "7d";
  const to = Math.ceil((now + 1) / MINUTE_MS) * MINUTE_MS;
  const today = midnight(now);
  const count = { "24h": 1, "7d": 7, "30d": 30, "90d": 90 }[name];
  const from = name === "24h" ? to - DAY_MS : today - (count - 1) * DAY_MS;
  return {
    name,
    ...span(from, to, now),
    words: name === "24h" ? "last 24 hours" : `last ${RANGES[name]}`,
  };
}

function daysOf({ from, to }: Params, now: number): AdminRange | null {
  const [first, last] = [dayOf(from), dayOf(to ?? from)];
  if (first === null || last === null || last < first || first > now) return null;
  const end = Math.min(last + DAY_MS, Math.ceil((now + 1) / MINUTE_MS) * MINUTE_MS);
  if (end - first > 366 * DAY_MS) return null;
  const words = first === last ? date(first) : `${date(first)} to ${date(last)}`;
  return { name: null, ...span(first, end, now), words };
}

function span(from: number, to: number, now: number) {
  const days = Math.min(90, Math.max(1, Math.floor((midnight(now) - midnight(from)) / DAY_MS) + 1));
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    days,
    firstDay: date(from),
    lastDay: date(to - 1),
    ranking: days <= 7 ? (7 as const) : days <= 30 ? (30 as const) : (90 as const),
  };
}

/** The range widened to whole UTC days. */
export const wholeDays = ({ from, to }: Pick<AdminRange, "from" | "to">) => ({
  from: new Date(midnight(Date.parse(from))).toISOString(),
  to: new Date(midnight(Date.parse(to) - 1) + DAY_MS).toISOString(),
});

/** The time of the same length just before, to compare with. */
export const justBefore = ({ from, to }: Pick<AdminRange, "from" | "to">) => ({
  from: new Date(2 * Date.parse(from) - Date.parse(to)).toISOString(),
  to: from,
});

const midnight = (time: number) => Math.floor(time / DAY_MS) * DAY_MS;
const date = (time: number) => new Date(time).toISOString().slice(0, 10);
const isRange = (text: unknown): text is RangeName => typeof text === "string" && Object.hasOwn(RANGES, text);

/** Midnight of an existing date, in milliseconds. */
function dayOf(text: unknown): number | null {
  if (typeof text !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(time) || date(time) !== text ? null : time;
}
