import { type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { iso } from "./codes";

/** An account in the admin's list. */
export type ListedAccount = {
  id: string;
  sNo: number;
  name: string | null;
  email: string | null;
  phone: string | null;
  role: string;
  state: "unproven" | "incomplete" | "active" | "deactivated";
  isLocked: boolean;
  createdAt: string;
  lastLoginAt: string | null;
};

export type AccountFilter = {
  /** Live accounts, or demo accounts, which have an email only and no role. */
  accountType?: "live" | "demo" | undefined;
  /** 001's monitoring: whether it may sign in at all, and whether an address of it is proven. */
  isActive?: boolean | undefined;
  isVerified?: boolean | undefined;
  state?: ListedAccount["state"] | undefined;
  role?: "USER" | "ADMIN" | undefined;
  locked?: boolean | undefined;
};

const PAGE = 50;

const STATE =
  sql.raw(`case when not is_active then 'deactivated' when not (email_verified or phone_verified) then 'unproven'
  when is_profile_complete then 'active' else 'incomplete' end`);

/** Demo accounts as if they were live ones: they have no phone, and no role. */
const DEMO_AS_USERS = sql.raw(
  "(select *, null::varchar as phone_number, false as phone_verified, 'USER' as role from demo_users) users",
);

/**
 * Accounts, the newest number first, a page of 50. `query` is a number (#12), the beginning of any word of a name,
 * username or address, or of a phone number.
 * @param before the last number of the page before
 */
export async function listAccounts(
  db: Db,
  query: string,
  filter: AccountFilter,
  before: number | null,
): Promise<{ items: ListedAccount[]; nextCursor: string | null }> {
  const terms = [sql`true`, ...searchFor(query)];
  if (filter.state) terms.push(sql`${STATE} = ${filter.state}`);
  if (filter.role) terms.push(sql`role = ${filter.role}`);
  if (filter.locked !== undefined)
    terms.push(filter.locked ? sql`locked_until > now()` : sql`(locked_until <= now()) is not false`);
  if (filter.isActive !== undefined) terms.push(filter.isActive ? sql`is_active` : sql`not is_active`);
  if (filter.isVerified !== undefined) terms.push(sql`(email_verified or phone_verified) = ${filter.isVerified}`);
  if (before !== null) terms.push(sql`s_no < ${before}`);
  const rows = await db.execute<ListedAccount>(sql`
    select id, s_no as "sNo", name, email, phone_number as phone, role, ${STATE} as state,
      coalesce(locked_until > now(), false) as "isLocked", created_at as "createdAt", last_login_at as "lastLoginAt"
    from ${filter.accountType === "demo" ? DEMO_AS_USERS : sql`users`}
    where ${sql.join(terms, sql` and `)} order by s_no desc limit ${PAGE + 1}`);
  const items = rows.slice(0, PAGE).map((row) => ({
    ...row,
    createdAt: iso(row.createdAt) ?? "",
    lastLoginAt: iso(row.lastLoginAt),
  }));
  const last = items.at(-1);
  return { items, nextCursor: rows.length > PAGE && last ? String(last.sNo) : null };
}

/** The words of an account that are searched; the index in the migration is over the same expression. */
const WORDS = sql.raw(
  "to_tsvector('simple', coalesce(name, '') || ' ' || coalesce(full_name, '') || ' ' || coalesce(username, '') || ' ' || translate(coalesce(email, ''), '@.+-_', '     ') || ' ' || coalesce(substr(phone_number, 2), ''))",
);

function searchFor(query: string): SQL[] {
  const text = query.trim();
  if (text === "") return [];
  if (/^#\d{1,9}$/.test(text)) return [sql`s_no = ${Number(text.slice(1))}`];
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return [sql`id = ${text}`];
  // A number in any spelling is one word; letters are words of their own.
  const digits = text.replace(/^\+|[\s()./-]/g, "");
  const words = /^\d{4,}$/.test(digits) ? [digits] : (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  if (words.length === 0) return [sql`false`];
  return [sql`${WORDS} @@ to_tsquery('simple', ${words.map((word) => `${word}:*`).join(" & ")})`];
}
