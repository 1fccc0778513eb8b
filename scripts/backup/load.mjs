import { once } from "node:events";
import { createReadStream } from "node:fs";
import { finished } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Fault } from "../fault.mjs";
import { tablesOf } from "./dump.mjs";

/** @typedef {import("./dump.mjs").Header} Header @typedef {import("./dump.mjs").Footer} Footer */

/**
 * Puts a backup into a migrated database that has no rows yet, in one transaction: all of it, or nothing.
 * @param {string} url of the database, as the role that owns its tables
 * @param {string} file a backup
 * @param {string} requeue a select that puts the deliveries on the queue that wait
 * @param {unknown[]} params of that select
 * @returns {Promise<{ header: Header, tables: number, rows: number }>}
 * @throws {Fault} if the database has rows, or the file is no backup, of other migrations, cut off or damaged
 */
export async function load(url, file, requeue, params) {
  const { default: postgres } = await import("postgres");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.begin(async (tx) => {
      const tables = await tablesOf(tx);
      await refuseRows(
        tx,
        tables.map(({ table }) => table),
      );
      const reader = readLines(file);
      const header = await headerOf(reader, file);
      const [state] = await tx`select count(*)::int as migrations from drizzle.__drizzle_migrations`;
      if (header.migrations !== state?.migrations)
        throw new Fault(
          `${file} is of ${header.migrations} migrations, and this version has ${state?.migrations}: restore it with the version that made it, then upgrade.`,
        );
      // Triggers watch what the app does; these rows have been watched before.
      for (const { table } of tables) await tx`alter table ${tx(table)} disable trigger user`;
      const footer = await fill(tx, reader, tables, file);
      for (const { table } of tables) await tx`alter table ${tx(table)} enable trigger user`;
      const sequences = await tx`select sequencename as name from pg_sequences where schemaname = 'public'`;
      for (const [name, value] of Object.entries(footer.sequences ?? {}).filter(([given]) =>
        sequences.some((own) => own.name === given),
      ))
        await tx`select setval(${name}::regclass, ${value}::bigint)`;
      await tx.unsafe(requeue, /** @type {never[]} */ (params));
      const counts = Object.values(footer.rows);
      return { header, tables: counts.length, rows: counts.reduce((sum, count) => sum + count, 0) };
    });
  } catch (error) {
    // zlib's own words: "incorrect header check", "unexpected end of file".
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code.startsWith("Z_")) throw new Fault(`${file} is no backup, or damaged. Nothing was restored.`);
    if (code === "ENOENT") throw new Fault(`There is no file ${file}.`);
    throw error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * @param {import("postgres").TransactionSql} tx
 * @param {string[]} tables
 */
async function refuseRows(tx, tables) {
  const full = [];
  for (const table of tables) {
    const [row] = await tx`select exists (select from ${tx(table)}) as has`;
    if (row?.has) full.push(table);
  }
  if (full.length > 0)
    throw new Fault(
      `This database is not empty (${full.join(", ")}). A backup is restored into a new one: name it by DATABASE_URL or DATA_DIR.`,
    );
}

/**
 * @param {AsyncIterator<Buffer>} reader
 * @param {string} file
 * @returns {Promise<Header>}
 */
async function headerOf(reader, file) {
  const { value } = await reader.next();
  const header = parse(value);
  if (header?.latchkey !== "backup") throw new Fault(`${file} is no backup.`);
  if (header.format !== 1) throw new Fault(`${file} was made by a newer version.`);
  return header;
}

/**
 * @param {import("postgres").TransactionSql} tx
 * @param {AsyncIterator<Buffer>} reader
 * @param {{ table: string, columns: string[] }[]} tables what this database has
 * @param {string} file
 * @returns {Promise<Footer>}
 */
async function fill(tx, reader, tables, file) {
  /** @type {Record<string, number>} */
  const rows = {};
  for (;;) {
    const { value, done } = await reader.next();
    const next = done ? null : parse(value);
    if (next?.end) {
      // To its very end, where its checksum is; and with every table of this database.
      const isOver = (await reader.next()).done;
      const isWhole = Object.keys(rows).length === tables.length && JSON.stringify(next.rows) === JSON.stringify(rows);
      if (!isOver || !isWhole) throw new Fault(`${file} is damaged. Nothing was restored.`);
      return next;
    }
    // Names go into a statement: only those that are tables and columns here.
    const known = tables.find(({ table }) => table === next?.table);
    if (
      !known ||
      !Array.isArray(next.columns) ||
      !next.columns.every((/** @type {string} */ column) => known.columns.includes(column))
    )
      throw new Fault(`${file} is cut off, or of another version. Nothing was restored.`);
    const into = await tx`copy ${tx(known.table)} (${tx(next.columns)}) from stdin`.writable();
    rows[known.table] = await copyIn(into, reader, file);
  }
}

/**
 * @param {import("node:stream").Writable} into
 * @param {AsyncIterator<Buffer>} reader
 * @param {string} file
 * @returns {Promise<number>} how many rows there were
 */
async function copyIn(into, reader, file) {
  const written = finished(into);
  try {
    for (let count = 0; ; count += 1) {
      const { value: row, done } = await reader.next();
      if (done) throw new Fault(`${file} is cut off. Nothing was restored.`);
      if (row.length === 2 && row.toString() === "\\.") {
        into.end();
        await written;
        return count;
      }
      if (!into.write(Buffer.concat([row, NEWLINE]))) await Promise.race([once(into, "drain"), written]);
    }
  } catch (error) {
    // Left open, the transaction would wait for the rest of it.
    written.catch(() => {});
    into.destroy();
    throw error;
  }
}

const NEWLINE = Buffer.from("\n");

/** @param {Buffer | undefined} text */
function parse(text) {
  try {
    return JSON.parse(String(text));
  } catch {
    return null;
  }
}

/**
 * The lines of a packed file. By the byte, as COPY means them: a name may hold what JavaScript takes for a line's end.
 * @param {string} file
 * @returns {AsyncGenerator<Buffer, void>}
 */
async function* readLines(file) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0);
  const input = createReadStream(file);
  const unpacked = input.pipe(createGunzip());
  input.on("error", (error) => unpacked.destroy(error));
  for await (const chunk of unpacked) {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let at = data.indexOf(10, from); at >= 0; at = data.indexOf(10, from)) {
      yield data.subarray(from, at);
      from = at + 1;
    }
    rest = data.subarray(from);
  }
  if (rest.length > 0) yield rest;
}
