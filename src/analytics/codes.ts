import { type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { type Cursor, pageOf } from "./cursor";

/** A ledger row without digests. */
export type Code = {
  sNo: number;
  userId: string | null;
  demoUserId: string | null;
  /** The account's present name. */
  name: string | null;
  accountType: string;
  purpose: string | null;
  channel: string | null;
  email: string | null;
  phone: string | null;
  country: string | null;
  isVerified: boolean;
  attempts: number;
  createdAt: string;
  expiresAt: string | null;
  sentAt: string | null;
  verifiedAt: string | null;
  supersededAt: string | null;
  ipAddress: string | null;
  userAgent: string | null;
  share: "device" | "strangers";
  held: HeldRule | null;
};

export type CodeFilter = {
  userId?: string | undefined;
  demoUserId?: string | undefined;
  /** A canonical address, in clear and as it is kept once forgotten. */
  address?: { clear: string; digests: string[] } | undefined;
  ipAddress?: string | undefined;
  /** The beginning of a phone number, with its plus. */
  block?: string | undefined;
  /** Only those with a live row in `signup_otps`. */
  signupOtps?: boolean | undefined;
  minAttempts?: number | undefined;
  country?: string | undefined;
  mailDomain?: string | undefined;
  purpose?: string | undefined;
  channel?: string | undefined;
  accountType?: string | undefined;
  verified?: boolean | undefined;
  pending?: boolean | undefined;
  sent?: boolean | undefined;
  /** Only those that a newer code or another proof ended. */
  replaced?: boolean | undefined;
  /** Only those with a wrong guess, verified later or not. */
  wrong?: boolean | undefined;
  held?: HeldRule | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
};

const PAGE = 50;

/** Matching codes, newest first, 50 a page. */
export async function listCodes(
  db: Db,
  filter: CodeFilter,
  cursor: Cursor | null,
): Promise<{ items: Code[]; nextCursor: string | null }> {
  const rows = await db.execute<Code & { at: string }>(sql`
    select s_no::float8 as "sNo", user_id as "userId", demo_user_id as "demoUserId",
      coalesce((select name from users where id = user_id), (select name from demo_users where id = demo_user_id)) as name, user_type as "accountType", purpose, channel,
      email, phone, country, is_verified as "isVerified", attempts, created_at::text as at, created_at as "createdAt",
      expires_at as "expiresAt", sent_at as "sentAt", verified_at as "verifiedAt", superseded_at as "supersededAt",
      ip_address as "ipAddress", user_agent as "userAgent", held, case when device is null then 'strangers' else 'device' end as share
    from ${rowsOf(filter, cursor)}
    order by ${order(filter)} limit ${PAGE + 1}`);
  return pageOf([...rows], PAGE, (found) => {
    const { at: _, ...row } = found;
    return {
      ...row,
      createdAt: iso(row.createdAt) ?? "",
      expiresAt: iso(row.expiresAt),
      sentAt: iso(row.sentAt),
      verifiedAt: iso(row.verifiedAt),
      supersededAt: iso(row.supersededAt),
    };
  });
}

/** Drizzle returns the times of a hand-written statement as PostgreSQL's text. */
export const iso = (time: string | null): string | null => time && new Date(time).toISOString();

/**
 * Newest first, in the order of the index used. Indexes on a filtered column hold times descending, nulls last; the
 * index on the time alone is read backwards, nulls first. With the other spelling PostgreSQL sorts ten million rows (8
 * s), although no time is null.
 */
const order = ({ userId, demoUserId, address, ipAddress, purpose, held, accountType }: CodeFilter) =>
  (userId ??
  demoUserId ??
  address ??
  ipAddress ??
  purpose ??
  held ??
  (accountType === "demo" ? accountType : undefined))
    ? sql`created_at desc nulls last, s_no desc nulls last`
    : sql`created_at desc, s_no desc`;

/** An address is searched by one value and account type a branch: only then does the index yield rows by time. */
function rowsOf(filter: CodeFilter, cursor: Cursor | null): SQL {
  const where = conditions(filter, cursor);
  if (!filter.address) return sql`otp_verifications where ${where}`;
  const { clear, digests } = filter.address;
  const found = [clear, ...digests].flatMap((kept) => [
    sql`email = ${kept} and user_type = 'live'`,
    sql`email = ${kept} and user_type = 'demo'`,
    sql`phone = ${kept}`,
  ]);
  const branches = found.map(
    (which) =>
      sql`(select * from otp_verifications where ${which} and ${where} order by ${order(filter)} limit ${PAGE + 1})`,
  );
  return sql`(${sql.join(branches, sql` union all `)}) found`;
}

function conditions(filter: CodeFilter, cursor: Cursor | null): SQL {
  const { userId, ipAddress, block, purpose, channel, accountType, verified, pending, from, to } = filter;
  const terms = [sql`true`];
  if (userId !== undefined) terms.push(sql`user_id = ${userId}`);
  if (filter.demoUserId !== undefined) terms.push(sql`demo_user_id = ${filter.demoUserId}`);
  if (ipAddress !== undefined) terms.push(sql`ip_address = ${ipAddress}`);
  if (block !== undefined) terms.push(sql`starts_with(phone, ${block})`);
  if (filter.signupOtps)
    terms.push(sql`s_no in (select ledger_s_no from signup_otps s where not s.is_verified and s.expires_at > now())`);
  if (filter.minAttempts !== undefined) terms.push(sql`attempts >= ${filter.minAttempts}`);
  if (filter.country !== undefined) terms.push(sql`coalesce(country, '') = ${filter.country}`);
  if (filter.mailDomain !== undefined) terms.push(sql`mail_domain = ${filter.mailDomain}`);
  if (purpose !== undefined) terms.push(sql`purpose = ${purpose}`);
  if (channel !== undefined) terms.push(sql`channel = ${channel}`);
  if (accountType !== undefined) terms.push(sql`user_type = ${accountType}`);
  if (verified !== undefined) terms.push(verified ? sql`is_verified` : sql`not is_verified`);
  if (pending) terms.push(sql`not is_verified and expires_at > now()`);
  if (filter.sent) terms.push(sql`sent_at is not null`);
  if (filter.replaced) terms.push(sql`superseded_at is not null`);
  if (filter.held !== undefined) terms.push(sql`held = ${filter.held}`);
  if (filter.wrong) terms.push(sql`attempts > is_verified::int`);
  if (from !== undefined) terms.push(sql`created_at >= ${from.toISOString()}`);
  if (to !== undefined) terms.push(sql`created_at < ${to.toISOString()}`);
  if (cursor) terms.push(sql`(created_at, s_no) < (${cursor.at}::timestamptz, ${cursor.sNo}::bigint)`);
  return sql.join(terms, sql` and `);
}
