import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { pageOf } from "./cursor";

export type FailedAttempt = {
  sNo: number;
  userId: string | null;
  name: string | null;
  phone: string | null;
  email: string | null;
  purpose: string | null;
  attempts: number;
  createdAt: string;
};

const PAGE = 50;
/** A policy's most attempts. Rows inserted by hand may have more. */
const MOST_ATTEMPTS = 10;

/**
 * Codes never verified after so many attempts, newest first (000). Merges one index branch for each number of attempts:
 * an index on the time alone would read a million rows.
 */
export async function failedAttempts(
  db: Db,
  minAttempts: number,
  cursor: { at: string; sNo: number } | null,
): Promise<{ items: FailedAttempt[]; nextCursor: string | null }> {
  const before = cursor ? sql`and (created_at, s_no) < (${cursor.at}::timestamptz, ${cursor.sNo}::bigint)` : sql``;
  const branch = (which: ReturnType<typeof sql>) => sql`(
    select s_no, user_id, phone, email, purpose, attempts, created_at from otp_verifications
    where not is_verified and attempts >= 1 and ${which} ${before}
    order by created_at desc nulls last, s_no desc nulls last limit ${PAGE + 1})`;
  const levels = Array.from({ length: MOST_ATTEMPTS + 1 }, (_, at) => at).filter(
    (at) => at >= Math.max(1, minAttempts),
  );
  const branches = [
    ...levels.map((level) => branch(sql`attempts = ${sql.raw(String(level))}`)),
    branch(sql`attempts > ${sql.raw(String(Math.max(MOST_ATTEMPTS, minAttempts - 1)))}`),
  ];
  const rows = await db.execute<FailedAttempt & { at: string }>(sql`
    select f.s_no::float8 as "sNo", f.user_id as "userId", u.name, coalesce(f.phone, u.phone_number) as phone,
      coalesce(f.email, u.email) as email, f.purpose, f.attempts, f.created_at::text as at, f.created_at as "createdAt"
    from (select * from (${sql.join(branches, sql` union all `)}) b order by created_at desc, s_no desc limit ${PAGE + 1}) f
      left join users u on u.id = f.user_id order by f.created_at desc, f.s_no desc`);
  return pageOf([...rows], PAGE, (found) => {
    const { at: _, ...row } = found;
    return { ...row, createdAt: new Date(row.createdAt).toISOString() };
  });
}
