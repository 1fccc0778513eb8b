import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { cellsOf, DIMENSIONS, hourOf, midnightOf, SUM_NAMES, slotOf } from "./cells";
import { DAY, dayOf } from "./days";
import { added, columns, named } from "./fragments";

/** Only phone numbers have a country. */
const { country: _, ...DOMAIN_DIMENSIONS } = DIMENSIONS;

const CREATED = sql`created_at`;
/** Midnight instead of the date: reading a zone's name for each of ten million rows took a second. */
export const MIDNIGHT = midnightOf(CREATED);

/** The tables of sums, and what gives a ledger row's cell. */
const CELL_OF_ROW: Record<string, Record<string, SQL>> = {
  otp_slots: { slot: slotOf(CREATED), ...DIMENSIONS },
  otp_hours: { hour: hourOf(CREATED), ...DIMENSIONS },
  otp_days: { day: DAY, ...DIMENSIONS },
  otp_daily: { day: DAY },
  otp_domains: { day: DAY, mail_domain: sql`mail_domain`, ...DOMAIN_DIMENSIONS },
  otp_domain_days: { day: DAY, mail_domain: sql`mail_domain` },
};

const dimensions = sql`purpose, channel, user_type, country`;
const domainDimensions = sql`purpose, channel, user_type`;
const sums = columns(SUM_NAMES);
const addSums = added(SUM_NAMES);
const summedUp = named(Object.fromEntries(SUM_NAMES.map((name) => [name, sql`sum(${sql.identifier(name)})::int`])));

/**
 * Adds signed rows to all tables of sums. Mail domains are summed from the rows: by the slot they would be as many
 * cells. Each table is written in the order of its key. Unordered, reading a week took 10,000 pages after a rebuild.
 * @param rows `sign` and the ledger's columns
 */
export async function addToSums(tx: Tx, rows: SQL): Promise<void> {
  await tx.execute(sql`create temp table cells on commit drop as
    ${cellsOf(rows, { slot: slotOf(CREATED), ...DIMENSIONS })}`);

  await tx.execute(sql`insert into otp_slots as total (slot, ${dimensions}, ${sums})
    select slot, ${dimensions}, ${sums} from cells
    order by slot, ${dimensions}
    on conflict (slot, ${dimensions}) do update set ${addSums}`);

  await tx.execute(sql`insert into otp_hours as total (hour, ${dimensions}, ${sums})
    select hour, ${dimensions}, ${sums} from (
      select ${hourOf(sql`slot`)} as hour, ${dimensions}, ${summedUp} from cells group by hour, ${dimensions}) hours
    order by hour, ${dimensions}
    on conflict (hour, ${dimensions}) do update set ${addSums}`);

  await tx.execute(sql`insert into otp_days as total (day, ${dimensions}, ${sums})
    select day, ${dimensions}, ${sums} from (
      select ${dayOf(sql`slot`)} as day, ${dimensions}, ${summedUp} from cells group by day, ${dimensions}) days
    order by day, ${dimensions}
    on conflict (day, ${dimensions}) do update set ${addSums}`);

  await tx.execute(sql`insert into otp_daily as total (day, asked, verified, attempts)
    select ${dayOf(sql`slot`)} as day, sum(asked)::int, sum(verified)::int, sum(attempts)::int from cells group by day
    on conflict (day) do update set ${added(["asked", "verified", "attempts"])}`);

  await tx.execute(sql`create temp table domain_cells on commit drop as
    ${cellsOf(sql`(select * from ${rows} signed where mail_domain is not null)`, { midnight: MIDNIGHT, mail_domain: sql`mail_domain`, ...DOMAIN_DIMENSIONS })}`);

  await tx.execute(sql`insert into otp_domains as total (day, mail_domain, ${domainDimensions}, ${sums})
    select day, mail_domain, ${domainDimensions}, ${sums} from (
      select ${dayOf(sql`midnight`)} as day, * from domain_cells) domains
    order by day, mail_domain, ${domainDimensions}
    on conflict (day, mail_domain, ${domainDimensions}) do update set ${addSums}`);

  await tx.execute(sql`insert into otp_domain_days as total (day, mail_domain, ${sums})
    select day, mail_domain, ${sums} from (
      select ${dayOf(sql`midnight`)} as day, mail_domain, ${summedUp} from domain_cells group by day, mail_domain) domain_days
    order by day, mail_domain
    on conflict (day, mail_domain) do update set ${addSums}`);

  // A rebuild calls this many times in one transaction.
  await tx.execute(sql`drop table cells, domain_cells`);
}

/** Deletes cells without rows: the name of one (a mail domain) may be personal. */
export async function dropEmptiedCells(tx: Tx): Promise<void> {
  const [left] = await tx.execute(sql`select from changes where sign < 0 limit 1`);
  if (!left) return;
  for (const [table, cell] of Object.entries(CELL_OF_ROW))
    await tx.execute(sql`delete from ${sql.identifier(table)}
      where asked = 0 and (${columns(Object.keys(cell))}) in (
        select ${sql.join(Object.values(cell), sql`, `)} from changes where sign < 0)`);
}

/** Deletes all cells. */
export async function emptySums(tx: Tx): Promise<void> {
  for (const table of Object.keys(CELL_OF_ROW)) await tx.execute(sql`delete from ${sql.identifier(table)}`);
}

/**
 * After a rebuild half of each table is dead rows, and index-only scans do not work yet: reading took twice as long. A
 * role that does not own the tables gets a warning, and leaves it to autovacuum.
 */
export async function vacuumSums(db: Db): Promise<void> {
  for (const table of [...Object.keys(CELL_OF_ROW), "otp_users"])
    await db.execute(sql`vacuum (analyze) ${sql.identifier(table)}`);
}
