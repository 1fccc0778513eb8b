import { type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { iso } from "./codes";

export type ListedAccount = {
  id: string;
  sNo: number;
  name: string | null;
  email: string | null;
  phone: string | null;
  role: string;
  state: "unproven" | "incomplete" | "active" | "deactivated";
  isLocked: boolean;
  /** Whether wrong codes in a row have closed its codes to strangers. */
  isClosed: boolean;
  createdAt: string;
  lastLoginAt: string | null;
};

export type AccountFilter = {
  accountType?: AccountType | undefined;
  /** Not deactivated (001). */
  isActive?: boolean | undefined;
  /** An address is proven (001). */
  isVerified?: boolean | undefined;
  state?: ListedAccount["state"] | undefined;
  role?: "USER" | "ADMIN" | undefined;
  /** Locked, or its codes closed. */
  locked?: boolean | undefined;
};

const PAGE = 50;

const STATE =
  sql.raw(`case when not is_active then 'deactivated' when not (email_verified or phone_verified) then 'unproven'
  when is_profile_complete then 'active' else 'incomplete' end`);

/** Demo accounts have no phone and no role. */
const ACCOUNTS: Record<AccountType, SQL> = {
  live: sql`users`,
  demo: sql`(select *, null::varchar as phone_number, false as phone_verified, 'USER' as role from demo_users) users`,
};

/**
 * Accounts, newest first, 50 a page.
 * @param query #number, an id, or the beginnings of words of a name, username, email or phone number
 * @param before the last number of the page before
 */
export async function listAccounts(
  db: Db,
  query: string,
  filter: AccountFilter,
  before: number | null,
): Promise<{ items: ListedAccount[]; nextCursor: string | null }> {
  const accounts = ACCOUNTS[filter.accountType ?? "live"];
  const older = before === null ? sql`true` : sql`s_no < ${before}`;
  const { is, words } = searchFor(query);
  const terms = [is, ...conditions(filter)];
  const rows =
    (words && (await amongNewest(db, accounts, older, terms, words))) ??
    (await find(db, accounts, [older, ...terms, matching(words)]));
  const items = rows.slice(0, PAGE).map((row) => ({
    ...row,
    createdAt: iso(row.createdAt) ?? "",
    lastLoginAt: iso(row.lastLoginAt),
  }));
  const last = items.at(-1);
  return { items, nextCursor: rows.length > PAGE && last ? String(last.sNo) : null };
}

function conditions(filter: AccountFilter): SQL[] {
  const terms: SQL[] = [];
  if (filter.state) terms.push(sql`${STATE} = ${filter.state}`);
  if (filter.role) terms.push(sql`role = ${filter.role}`);
  if (filter.locked !== undefined)
    terms.push(
      filter.locked
        ? sql`(locked_until > now() or codes_closed_until > now())`
        : sql`(locked_until <= now()) is not false and (codes_closed_until <= now()) is not false`,
    );
  if (filter.isActive !== undefined) terms.push(filter.isActive ? sql`is_active` : sql`not is_active`);
  if (filter.isVerified !== undefined) terms.push(sql`(email_verified or phone_verified) = ${filter.isVerified}`);
  return terms;
}

async function find(db: Db, accounts: SQL, terms: SQL[]): Promise<ListedAccount[]> {
  return db.execute<ListedAccount>(sql`
    select id, s_no::float8 as "sNo", name, email, phone_number as phone, role, ${STATE} as state,
      coalesce(locked_until > now(), false) as "isLocked", coalesce(codes_closed_until > now(), false) as "isClosed",
      created_at as "createdAt", last_login_at as "lastLoginAt"
    from ${accounts} where ${sql.join(terms, sql` and `)} order by s_no desc limit ${PAGE + 1}`);
}

/** How many accounts are searched before the index is used. */
const NEWEST = 5_000;

/**
 * A page of matches among the newest accounts, or null if they are fewer. With the index, "a" finds ten thousand
 * accounts and sorts them to show fifty. `strpos` goes first: it is several times faster than the text search.
 */
async function amongNewest(
  db: Db,
  accounts: SQL,
  older: SQL,
  terms: SQL[],
  words: string[],
): Promise<ListedAccount[] | null> {
  const newest = sql`(select * from ${accounts} where ${older} order by s_no desc limit ${NEWEST}) users`;
  const letters = words.map((word) => sql`strpos(lower(${LETTERS}), lower(${word})) > 0`);
  const rows = await find(db, newest, [...terms, ...letters, matching(words)]);
  return rows.length > PAGE ? rows : null;
}

const textOf = (email: string) =>
  sql.raw(
    `coalesce(name, '') || ' ' || coalesce(full_name, '') || ' ' || coalesce(username, '') || ' ' || ${email} || ' ' || coalesce(substr(phone_number, 2), '')`,
  );

/** The searched text, with the address split into words. */
const TEXT = textOf("translate(coalesce(email, ''), '@.+-_', '     ')");

/** The text for `strpos`. */
const LETTERS = textOf("coalesce(email, '')");

/** Whether each word begins a word of the account. The migration's index has the same expression. */
const matching = (words: string[] | undefined): SQL =>
  words
    ? sql`to_tsvector('simple', ${TEXT}) @@ to_tsquery('simple', ${words.map((word) => `${word}:*`).join(" & ")})`
    : sql`true`;

function searchFor(query: string): { is: SQL; words?: string[] } {
  const text = query.trim();
  if (text === "") return { is: sql`true` };
  if (/^#\d{1,15}$/.test(text)) return { is: sql`s_no = ${Number(text.slice(1))}` };
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return { is: sql`id = ${text}` };
  const digits = text.replace(/^\+|[\s()./-]/g, "");
  const words = /^\d{4,}$/.test(digits) ? [digits] : (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  return words.length > 0 ? { is: sql`true`, words } : { is: sql`false` };
}
