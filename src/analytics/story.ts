import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { iso } from "./codes";
import { type Cursor, type IdCursor, pageOf } from "./cursor";

export type AuditRow = {
  sNo: number;
  at: string;
  actor: string;
  actorId: string | null;
  action: string;
  result: string;
  reason: string | null;
  accountId: string | null;
  ipAddress: string | null;
  requestId: string | null;
  /** Present names: a number without a name, null once deleted. */
  accountName: string | null;
  actorName: string | null;
};

const nameOf = (id: string) =>
  sql.raw(`coalesce((select coalesce(name, '#' || s_no) from users where id = ${id}),
  (select coalesce(name, 'demo #' || s_no) from demo_users where id = ${id}))`);

export type AuditFilter = {
  accountId?: string | undefined;
  /** The keyed digest of an address, which may have no account. */
  addressDigest?: string | undefined;
  action?: string | undefined;
  actorId?: string | undefined;
};

const PAGE = 50;

/** Matching audit entries, newest first, 50 a page. */
export async function listAudit(
  db: Db,
  { accountId, addressDigest, action, actorId }: AuditFilter,
  cursor: Cursor | null,
): Promise<{ items: AuditRow[]; nextCursor: string | null }> {
  const terms = [sql`true`];
  if (accountId !== undefined) terms.push(sql`account_id = ${accountId}`);
  if (addressDigest !== undefined) terms.push(sql`address_digest = ${addressDigest}`);
  if (action !== undefined) terms.push(sql`action = ${action}`);
  if (actorId !== undefined) terms.push(sql`actor_id = ${actorId}`);
  if (cursor) terms.push(sql`s_no < ${cursor.sNo}`);
  const rows = await db.execute<AuditRow>(sql`
    select s_no::float8 as "sNo", at::text as at, actor, actor_id as "actorId", action, result, reason, account_id as "accountId",
      ip_address as "ipAddress", request_id as "requestId", ${nameOf("account_id")} as "accountName", ${nameOf("actor_id")} as "actorName"
    from audit_log where ${sql.join(terms, sql` and `)} order by s_no desc limit ${PAGE + 1}`);
  return pageOf([...rows], PAGE, (row) => ({ ...row, at: iso(row.at) ?? "" }));
}

/** A message without its content. */
export type DeliveryEntry = {
  id: string;
  channel: string;
  template: string;
  recipient: string;
  decoy: boolean;
  state: string;
  attempts: number;
  provider: string | null;
  providerId: string | null;
  error: string | null;
  createdAt: string;
  sentAt: string | null;
};

export type DeliveryFilter = {
  state?: string | undefined;
  channel?: string | undefined;
  template?: string | undefined;
  from?: Date | undefined;
};

/** Matching messages, newest first, 50 a page. */
export async function listDeliveries(
  db: Db,
  { state, channel, template, from }: DeliveryFilter,
  cursor: IdCursor | null,
): Promise<{ items: DeliveryEntry[]; nextCursor: string | null }> {
  const terms = [sql`true`];
  if (state !== undefined) terms.push(sql`state = ${state}`);
  if (channel !== undefined) terms.push(sql`channel = ${channel}`);
  if (template !== undefined) terms.push(sql`template = ${template}`);
  if (from !== undefined) terms.push(sql`created_at >= ${from.toISOString()}`);
  // All of one transaction have the same time.
  if (cursor) terms.push(sql`(created_at, id) < (${cursor.at}::timestamptz, ${cursor.id}::uuid)`);
  const rows = await db.execute<DeliveryEntry & { at: string }>(sql`
    select id, channel, template, recipient, decoy, state, attempts, provider, provider_id as "providerId", error,
      created_at::text as at, created_at as "createdAt", sent_at as "sentAt"
    from deliveries where ${sql.join(terms, sql` and `)} order by created_at desc, id desc limit ${PAGE + 1}`);
  return pageOf([...rows], PAGE, (found) => {
    const { at: _, ...row } = found;
    return { ...row, createdAt: iso(row.createdAt) ?? "", sentAt: iso(row.sentAt) };
  });
}

/** One account, for its page. */
export async function getAccount(db: Db, id: string) {
  const [row] = await db.execute<{
    id: string;
    sNo: number;
    name: string | null;
    fullName: string | null;
    username: string | null;
    email: string | null;
    phone: string | null;
    emailVerified: boolean;
    phoneVerified: boolean;
    isActive: boolean;
    isProfileComplete: boolean;
    role: string;
    hasPassword: boolean;
    invitedAt: string | null;
    lockedUntil: string | null;
    codesClosedUntil: string | null;
    createdAt: string;
    lastLoginAt: string | null;
  }>(sql`select id, s_no::float8 as "sNo", name, full_name as "fullName", username, email, phone_number as phone,
      email_verified as "emailVerified", phone_verified as "phoneVerified", is_active as "isActive",
      is_profile_complete as "isProfileComplete", role, password is not null as "hasPassword", invited_at as "invitedAt",
      case when locked_until > now() then locked_until end as "lockedUntil",
      case when codes_closed_until > now() then codes_closed_until end as "codesClosedUntil", created_at as "createdAt",
      last_login_at as "lastLoginAt"
    from users where id = ${id}`);
  if (!row) return null;
  return {
    ...row,
    invitedAt: iso(row.invitedAt),
    lockedUntil: iso(row.lockedUntil),
    codesClosedUntil: iso(row.codesClosedUntil),
    createdAt: iso(row.createdAt) ?? "",
    lastLoginAt: iso(row.lastLoginAt),
  };
}

/** An account's codes of the last 24 hours (000). */
export async function otpStats(db: Db, id: string): Promise<{ verified: number; unverified: number }> {
  const [row] = await db.execute<{ verified: number; unverified: number }>(sql`
    select count(*) filter (where is_verified)::int as verified, count(*) filter (where not is_verified)::int as unverified
    from otp_verifications where user_id = ${id} and created_at >= now() - interval '24 hours'`);
  return row ?? { verified: 0, unverified: 0 };
}
