import { link, open, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Fault } from "../fault.mjs";

/**
 * What a backup begins with: the shape of this file, the migrations its tables were made by, and the short public
 * names of the keys its digests were made with (not the keys: those stay where APP_SECRET is).
 * @typedef {{ latchkey: "backup", format: 1, at: string, migrations: number, keys: string[] }} Header
 * Then, table by table, referenced ones first: a line of this, its rows as COPY writes them, and a line of `\.`.
 * @typedef {{ table: string, columns: string[] }} TableLine
 * At its end, what there must have been: a file that was cut off has none of it.
 * @typedef {{ end: true, rows: Record<string, number>, sequences: Record<string, string> }} Footer
 */

/**
 * Writes all tables of the app as they are at one instant, while the app goes on. The queue's own tables are left out:
 * a delivery that waits says so itself.
 * @param {string} url of the database
 * @param {string} file does not exist yet; it is there whole or not at all, readable by its owner alone
 * @param {string[]} keys the public names of the keys in force
 * @returns {Promise<{ tables: number, rows: number }>}
 * @throws {Fault} where the file is there already
 */
export async function dump(url, file, keys) {
  if (await stat(file).catch(() => null)) throw thereAlready(file);
  const { default: postgres } = await import("postgres");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const part = `${file}.part`;
  /** @type {Record<string, number>} */
  const rows = {};
  // Ours alone, and made by us: whatever lies or is linked there is left as it is.
  const output = await open(part, "wx", 0o600).catch((error) => {
    throw error.code === "EEXIST" ? thereAlready(part) : error;
  });
  try {
    await sql.begin("isolation level repeatable read read only", async (tx) => {
      await pipeline(Readable.from(lines(tx, keys, rows)), createGzip(), output.createWriteStream());
    });
    // Unlike renaming, linking never takes the place of what has come meanwhile.
    await link(part, file).catch((error) => {
      throw error.code === "EEXIST" ? thereAlready(file) : error;
    });
  } finally {
    await rm(part, { force: true });
    await sql.end({ timeout: 5 });
  }
  return { tables: Object.keys(rows).length, rows: Object.values(rows).reduce((sum, count) => sum + count, 0) };
}

/** @param {string} file */
const thereAlready = (file) => new Fault(`${file} is there already.`);

/**
 * @param {import("postgres").TransactionSql} tx
 * @param {string[]} keys
 * @param {Record<string, number>} rows is filled with how many rows each table had
 */
async function* lines(tx, keys, rows) {
  const [state] = await tx`select now() as at, (select count(*)::int from drizzle.__drizzle_migrations) as migrations`;
  const at = new Date(state?.at).toISOString();
  yield line({ latchkey: "backup", format: 1, at, migrations: state?.migrations, keys });
  for (const { table, columns } of await tablesOf(tx)) {
    yield line({ table, columns });
    const copied = await tx`copy ${tx(table)} (${tx(columns)}) to stdout`.readable();
    let count = 0;
    for await (const chunk of copied) {
      for (const byte of chunk) if (byte === NEWLINE) count += 1;
      yield chunk;
    }
    // Paused by a slow reader, the connection would stay so at a stream's end and wait for ever (postgres.js 3.4.9).
    copied._read(0);
    rows[table] = count;
    yield "\\.\n";
  }
  yield line({ end: true, rows, sequences: await sequencesOf(tx) });
}

const NEWLINE = 10;
/** @param {Header | TableLine | Footer} value */
const line = (value) => `${JSON.stringify(value)}\n`;

/**
 * The app's tables with their columns, each after those that it refers to.
 * @param {import("postgres").ISql<{}>} sql
 * @returns {Promise<{ table: string, columns: string[] }[]>}
 */
export async function tablesOf(sql) {
  const rows = await sql`
    select c.relname as "table",
      (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      array(select distinct r.relname::text from pg_constraint f join pg_class r on r.oid = f.confrelid
        where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as "refersTo"
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`;
  /** @type {{ table: string, columns: string[] }[]} */
  const ordered = [];
  const there = new Set();
  while (ordered.length < rows.length) {
    const next = rows.filter(
      ({ table, refersTo }) => !there.has(table) && refersTo.every((/** @type {string} */ other) => there.has(other)),
    );
    if (next.length === 0) throw new Error("tables refer to each other in a circle");
    for (const { table, columns } of next) {
      ordered.push({ table, columns });
      there.add(table);
    }
  }
  return ordered;
}

/**
 * Where every sequence stands: a number that was given out is never given again, even if its row is gone.
 * @param {import("postgres").ISql<{}>} sql
 */
async function sequencesOf(sql) {
  const rows = await sql`select sequencename as name, last_value::text as value from pg_sequences
    where schemaname = 'public' and last_value is not null`;
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
