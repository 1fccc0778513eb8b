import { link, open, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Fault } from "../fault.mjs";
import { foreign, ours, sequencesOf } from "./ours.mjs";
import { readBackup } from "./parse.mjs";

/**
 * The first line of a backup: the format of the file, the number of migrations, and the short public names of the keys
 * that its digests were made with. The keys themselves stay where APP_SECRET is.
 * @typedef {{ latchkey: "backup", format: 1, at: string, migrations: number, keys: string[] }} Header
 * Then, for each table, referenced tables first: this line, the rows as COPY writes them, and a line of `\.`.
 * @typedef {{ table: string, columns: string[] }} TableLine
 * The last line: how many rows each table must have. A file that was cut off lacks it.
 * @typedef {{ end: true, rows: Record<string, number>, sequences: Record<string, string> }} Footer
 */

/**
 * Writes all tables of the app as of one instant, while the app runs, and reads the file back as a restore would. The
 * queue's tables are left out, because a delivery's row says that it waits. Objects of others are left out, too.
 * @param {string} url of the database
 * @param {string} file must not exist yet; it is written whole or not at all, and only its owner can read it
 * @param {string[]} keys the public names of the keys in force
 * @returns {Promise<{ tables: number, rows: number, notOurs: string[] }>} `notOurs` names objects of others
 * @throws {Fault} if the file exists, the database lacks a table or column, or the file cannot be read back
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
  // The flag wx makes a new file: an existing file or link of that name is left as it is.
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
    // Unlike a rename, a link never replaces a file that was made meanwhile.
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
 * Reads the written file to the checksum at its end.
 * @param {string} part
 * @param {string} file the name it will get
 * @param {import("./ours.mjs").Ours[]} tables
 * @param {Record<string, number>} rows how many rows each table has
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
 * @param {Record<string, number>} rows is filled with the number of rows of each table
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
    // In postgres.js 3.4.9 a connection that a slow reader has paused stays paused when the stream ends, for ever.
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
