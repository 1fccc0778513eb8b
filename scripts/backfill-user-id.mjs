import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";
import { sumUp } from "./rollup.mjs";

const THE_COLUMN = "the column";
/** The rows that one transaction fills: few enough that a running app does not wait for it. */
const BATCH = 5000;
/** A phone as document 000 has it ("918248449609", "00 91 …", "+91 82 …"), as E.164 like the accounts' numbers. */
const E164 = "'+' || regexp_replace(regexp_replace(o.phone, '\\D', '', 'g'), '^00', '')";

/**
 * `npm run db:backfill-user-id`: document 000's migration of a table of codes that has only phone numbers. Adds
 * `user_id` with its index and foreign key where it is missing, then fills it by phone. It can be run twice, and
 * while the app runs.
 */
await command(import.meta.url, async () => {
  const [option, table = "otp_verifications", ...more] = process.argv.slice(2);
  if ((option !== undefined && option !== "--table") || more.length > 0 || !/^[a-z_][a-z0-9_]{0,62}$/.test(table))
    throw new Fault("Usage: npm run db:backfill-user-id [-- --table NAME]");
  ensureInstalled();
  const database = await prepare();
  try {
    await migrate();
    const report = await backfill(process.env.DATABASE_MIGRATE_URL || process.env.DATABASE_URL || "", table);
    console.log(inWords(table, report));
  } finally {
    await database.leave();
  }
  process.exit(0);
});

/** @typedef {{ added: string[], matched: number, unmatched: number, phones: number, noPhone: number, samples: string[] }} Report */

/**
 * @param {string} url of a migrated database, as the role that owns the table
 * @param {string} table a plain name
 * @returns {Promise<Report>} what was added, and how many rows were matched
 * @throws {Fault} if there is no such table of codes
 */
export async function backfill(url, table) {
  const { default: postgres } = await import("postgres");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const columns = new Set(
      (
        await sql`select attname from pg_attribute where attrelid = to_regclass(${table}) and attnum > 0 and not attisdropped`
      ).map(({ attname }) => attname),
    );
    if (!columns.has("s_no") || !columns.has("phone"))
      throw new Fault(`There is no table ${table} with the columns s_no and phone, as document 000 has them.`);
    const added = await addColumn(sql, table, columns);
    // Dropping the column dropped the ledger's triggers too. Adding it puts them back.
    if (table === "otp_verifications" && added.length > 0) await sql`select watch_late_changes()`;
    const matched = await fill(sql, table);
    // No trigger noted that the accounts were dropped with the column, so the sums still count them.
    if (table === "otp_verifications" && added.includes(THE_COLUMN)) await sumUp(true);
    return { added, matched, ...(await leftOver(sql, table)) };
  } finally {
    await sql.end();
  }
}

/**
 * Adds column, index and foreign key, each where it is missing, in document 000's order.
 * @param {import("postgres").Sql} sql
 * @param {string} table
 * @param {Set<string>} columns
 * @returns {Promise<string[]>} what was added
 */
async function addColumn(sql, table, columns) {
  const added = [];
  const name = sql(table);
  if (!columns.has("user_id")) {
    await sql`alter table ${name} add column user_id uuid`;
    added.push(THE_COLUMN);
  }
  const [index] =
    await sql`select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where i.indrelid = to_regclass(${table}) and a.attname = 'user_id'`;
  if (!index) {
    // The index that the app's ledger has. Document 000's table has the same columns.
    await sql`create index ${sql(`${table}_user_id_idx`)} on ${name} (user_id, created_at desc nulls last)`;
    await sql.unsafe(
      `comment on index "${table}_user_id_idx" is 'account: code history, latest code, statistics of 24 hours; cascade from users'`,
    );
    added.push("its index");
  }
  const [foreign] =
    await sql`select from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.conrelid = to_regclass(${table}) and c.contype = 'f' and a.attname = 'user_id'`;
  if (!foreign) {
    // Validating in a separate step takes no lock that blocks reads or writes.
    await sql`alter table ${name} add constraint ${sql(`${table}_user_id_users_id_fk`)}
      foreign key (user_id) references users (id) on delete cascade not valid`;
    await sql`alter table ${name} validate constraint ${sql(`${table}_user_id_users_id_fk`)}`;
    added.push("its foreign key");
  }
  if (columns.has("demo_user_id")) {
    const [owner] =
      await sql`select from pg_constraint where conrelid = to_regclass(${table}) and conname = ${`${table}_one_owner`}`;
    if (!owner) {
      await sql`alter table ${name} add constraint ${sql(`${table}_one_owner`)} check (num_nonnulls(user_id, demo_user_id) <= 1)`;
      added.push("its check");
    }
  }
  return added;
}

/**
 * @param {import("postgres").Sql} sql
 * @param {string} table
 * @returns {Promise<number>} how many rows were given their account
 */
async function fill(sql, table) {
  const [range] =
    await sql`select coalesce(min(s_no), 0)::bigint as first, coalesce(max(s_no), -1)::bigint as last from ${sql(table)}`;
  let matched = 0;
  for (let at = Number(range?.first); at <= Number(range?.last); at += BATCH) {
    const done = await sql`update ${sql(table)} o set user_id = u.id from users u
      where o.user_id is null and o.s_no >= ${at} and o.s_no < ${at + BATCH} and u.phone_number = ${sql.unsafe(E164)} returning 1`;
    matched += done.length;
  }
  return matched;
}

/**
 * @param {import("postgres").Sql} sql
 * @param {string} table
 */
async function leftOver(sql, table) {
  const [counts] = await sql`select count(*) filter (where phone is not null)::int as unmatched,
    count(distinct phone)::int as phones, count(*) filter (where phone is null)::int as "noPhone"
    from ${sql(table)} where user_id is null`;
  const samples =
    await sql`select distinct phone from ${sql(table)} where user_id is null and phone is not null limit 3`;
  return {
    unmatched: counts?.unmatched ?? 0,
    phones: counts?.phones ?? 0,
    noPhone: counts?.noPhone ?? 0,
    samples: samples.map(({ phone }) => masked(phone)),
  };
}

/** @param {string} phone */
function masked(phone) {
  return `${phone.slice(0, 3)}•••${phone.slice(-2)}`;
}

/** @param {string} table @param {Report} report */
function inWords(table, { added, matched, unmatched, phones, noPhone, samples }) {
  const lines = [];
  if (added.length > 0) lines.push(`${table}.user_id was missing: added ${added.join(", ")}.`);
  lines.push(`${matched} rows were given their account by phone.`);
  if (unmatched > 0)
    lines.push(
      `${unmatched} rows of ${phones} phones have no account (${samples.join(", ")}${phones > 3 ? ", …" : ""}).`,
    );
  if (added.includes(THE_COLUMN) && table === "otp_verifications")
    lines.push("The dashboard's sums were computed again.");
  else if (matched > 0 && table === "otp_verifications")
    lines.push("The dashboard follows within a minute; to update it at once: npm run db:rollup -- --rebuild");
  if (noPhone > 0) lines.push(`${noPhone} rows have neither account nor phone, and were left alone.`);
  return lines.join("\n");
}
