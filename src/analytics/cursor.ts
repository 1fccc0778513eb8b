import { z } from "zod";

/** Whether a text is a time as PostgreSQL writes it and reads it, no zone 16 hours from UTC: "2026-05-22 14:32:10.123456+00". */
export const isTime = (text: string): boolean => {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}$/.exec(text);
  if (!parts?.[1] || parts[1] < "2000") return false;
  const time = new Date(`${parts[1]}T${parts[2]}Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(parts[1]);
};

const schema = z.tuple([z.string().refine(isTime), z.int().nonnegative()]);

/** Where a page ended: the time to the microsecond, as PostgreSQL writes it, and the row's number. */
export type Cursor = { at: string; sNo: number };

/** Reads a cursor; null for what is none. */
export function parseCursor(text: string): Cursor | null {
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return parsed.success ? { at: parsed.data[0], sNo: parsed.data[1] } : null;
  } catch {
    return null;
  }
}

/** Cuts a page off rows of which one more was read, and says where the next one begins. */
export function pageOf<R extends { at: string; sNo: number }, T>(
  rows: R[],
  size: number,
  tell: (row: R) => T,
): { items: T[]; nextCursor: string | null } {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  const nextCursor =
    rows.length > size && last ? Buffer.from(JSON.stringify([last.at, last.sNo])).toString("base64url") : null;
  return { items: page.map(tell), nextCursor };
}
