import { link, open, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Fault } from "../fault.mjs";
import { foreign, ours, sequencesOf } from "./ours.mjs";
import { readBackup } from "./parse.mjs";

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
 * Writes all tables of the app as they are at one instant, while the app goes on, and reads the file back as restoring
 * would. The queue's own tables are left out: a delivery that waits says so itself. So is what is not the app's.
 * @param {string} url of the database
 * @param {string} file does not exist yet; it is there whole or not at all, readable by its owner alone
 * @param {string[]} keys the public names of the keys in force
 * @returns {Promise<{ tables: number, rows: number, notOurs: string[] }>} `notOurs` lies beside the app's, by name
 * @throws {Fault} where the file is there already, the database lacks what is the app's, or the file does not read back
 */
export async function dump(url, file, keys) {
  if (await stat(file).catch(() => null)) throw thereAlready(file);
  const { default: postgres } = await import("postgres");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const part = `${file}.part`;
  const tables = await ours();
  /** @type {Record<string, number>} */
  const rows = {};
  /** @type {string[]} */
  let notOurs = [];
  // Ours alone, and made by us: whatever lies or is linked there is left as it is.
  const output = await open(part, "wx", 0o600).catch((error) => {
    throw error.code === "EEXIST" ? thereAlready(part) : error;
  });
  try {
    await sql.begin("isolation level repeatable read read only", async (tx) => {
      notOurs = await foreign(tx, tables);
      await pipeline(
        Readable.from(lines(tx, tables, keys, rows)),
        createGzip(),
        output.createWriteStream({ flush: true }),
      );
    });
    await readBack(part, file, tables, rows);
    // Unlike renaming, linking never takes the place of what has come meanwhile.
    await link(part, file).catch((error) => {
      throw error.code === "EEXIST" ? thereAlready(file) : error;
    });
  } finally {
    await output.close();
    await rm(part, { force: true });
    await sql.end({ timeout: 5 });
  }
  return { tables: tables.length, rows: Object.values(rows).reduce((sum, count) => sum + count, 0), notOurs };
}

/**
 * Reads what was written, to the checksum at its end, before anybody relies on it.
 * @param {string} part
 * @param {string} file what it is to be called
 * @param {import("./ours.mjs").Ours[]} tables
 * @param {Record<string, number>} rows how many there are of each
 */
async function readBack(part, file, tables, rows) {
  try {
    const { footer } = await readBackup(part, tables, {
      begin() {},
      async open(_table, columns) {
        return {
          row(row) {
            let tabs = 0;
            for (const byte of row) if (byte === TAB) tabs += 1;
            if (tabs !== columns.length - 1) throw new Fault("a row has too many cells, or too few.");
          },
          async end() {},
          fail() {},
        };
      },
    });
    if (JSON.stringify(footer.rows) !== JSON.stringify(rows)) throw new Fault("rows are missing.");
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll(part, "it") : String(error);
    throw new Fault(
      `What was written to ${file} does not read back, and was removed: ${why} Try again, on another disk.`,
    );
  }
}

/** @param {string} file */
const thereAlready = (file) => new Fault(`${file} is there already.`);

/**
 * @param {import("postgres").TransactionSql} tx
 * @param {import("./ours.mjs").Ours[]} tables
 * @param {string[]} keys
 * @param {Record<string, number>} rows is filled with how many rows each table had
 */
async function* lines(tx, tables, keys, rows) {
  const [state] = await tx`select now() as at, (select count(*)::int from drizzle.__drizzle_migrations) as migrations`;
  const at = new Date(state?.at).toISOString();
  yield line({ latchkey: "backup", format: 1, at, migrations: state?.migrations, keys });
  for (const { table, columns } of tables) {
    yield line({ table, columns });
    const copied = await tx`copy ${tx(`public.${table}`)} (${tx(columns)}) to stdout`.readable();
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
  const standing = (await sequencesOf(tx, tables)).flatMap(({ name, value }) =>
    value === null ? [] : [[name, value]],
  );
  yield line({ end: true, rows, sequences: Object.fromEntries(standing) });
}

const NEWLINE = 10;
const TAB = 9;
/** @param {Header | TableLine | Footer} value */
const line = (value) => `${JSON.stringify(value)}\n`;
