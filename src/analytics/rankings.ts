import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { average } from "./daily-stats";
import { type Named, namesOf } from "./names";
import { type PanelKey, readPanel } from "./snapshots";

type Ranked = { user_id: string; asked: number; verified: number; attempts: number };

export type TopUser = {
  userId: string;
  name: string | null;
  phone: string | null;
  email: string | null;
  totalRequests: number;
  successful: number;
  avgAttempts: number;
};

export type RequestCount = { userId: string; name: string | null; phone: string | null; otpCount: number };

/** Top users by OTP requests (000). */
export async function topUsers(db: Db, days: 7 | 30 | 90, limit: number): Promise<TopUser[]> {
  const { data } = await readPanel<Ranked[]>(db, `top-${days}d`);
  return named(db, data, limit, ({ user_id, asked, verified, attempts }, { name, phone, email }) => ({
    userId: user_id,
    name,
    phone,
    email,
    totalRequests: asked,
    successful: verified,
    avgAttempts: average(attempts, asked),
  }));
}

/** The windows with sums, by hours. */
const summed: Partial<Record<number, PanelKey>> = {
  1: "requests-1h",
  12: "requests-12h",
  24: "requests-24h",
  168: "top-7d",
  720: "top-30d",
  2160: "top-90d",
};

/** OTP requests per user (000). Windows without sums are read from the ledger. */
export async function requestCounts(db: Db, hours: number, limit: number): Promise<RequestCount[]> {
  const panel = summed[hours];
  const data = panel ? (await readPanel<Ranked[]>(db, panel)).data : await askedSince(db, hours, limit);
  return named(db, data, limit, ({ user_id, asked }, { name, phone }) => ({
    userId: user_id,
    name,
    phone,
    otpCount: asked,
  }));
}

async function askedSince(db: Db, hours: number, limit: number): Promise<Ranked[]> {
  const rows = await db.execute<Ranked>(sql`select user_id, count(*)::int as asked, 0 as verified, 0 as attempts
    from otp_verifications where created_at >= now() - make_interval(hours => ${hours}) and user_id is not null
    group by user_id order by asked desc, user_id limit ${limit}`);
  return [...rows];
}

async function named<T>(db: Db, ranked: Ranked[], limit: number, tell: (row: Ranked, named: Named) => T): Promise<T[]> {
  const first = ranked.slice(0, limit);
  const names = await namesOf(
    db,
    first.map(({ user_id }) => user_id),
  );
  return first.flatMap((row) => {
    const known = names.get(row.user_id);
    return known ? [tell(row, known)] : [];
  });
}
