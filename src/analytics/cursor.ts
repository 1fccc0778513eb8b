import { z } from "zod";

/**
 * Whether PostgreSQL can read this time, written as "2026-05-22 14:32:10.123456+00". It knows no zone 16 hours from
 * UTC.
 */
export const isTime = (text: string): boolean => {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}$/.exec(text);
  if (!parts?.[1] || parts[1] < "2000") return false;
  const time = new Date(`${parts[1]}T${parts[2]}Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(parts[1]);
};

const time = z.string().refine(isTime);
const ofNumber = z.tuple([time, z.int().nonnegative()]);
const ofId = z.tuple([time, z.uuid()]);

/** Where a page ended. The time is PostgreSQL's text, to keep its microseconds. */
export type Cursor = { at: string; sNo: number };

export type IdCursor = { at: string; id: string };

/** Reads a cursor; null if it is malformed. */
export function parseCursor(text: string): Cursor | null {
  const parsed = ofNumber.safeParse(unpacked(text)).data;
  return parsed ? { at: parsed[0], sNo: parsed[1] } : null;
}

/** Reads a cursor of rows without a number; null if it is malformed. */
export function parseIdCursor(text: string): IdCursor | null {
  const parsed = ofId.safeParse(unpacked(text)).data;
  return parsed ? { at: parsed[0], id: parsed[1] } : null;
}

function unpacked(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}

/** Cuts a page from rows, of which one more than a page was read. */
export function pageOf<R extends Cursor | IdCursor, T>(
  rows: R[],
  size: number,
  tell: (row: R) => T,
): { items: T[]; nextCursor: string | null } {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  const nextCursor =
    rows.length > size && last
      ? Buffer.from(JSON.stringify([last.at, "sNo" in last ? last.sNo : last.id])).toString("base64url")
      : null;
  return { items: page.map(tell), nextCursor };
}
