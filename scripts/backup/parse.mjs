import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { Fault } from "../fault.mjs";

/**
 * @typedef {import("./dump.mjs").Header} Header
 * @typedef {import("./dump.mjs").Footer} Footer
 * @typedef {import("./ours.mjs").Ours} Ours
 */

/**
 * Takes a table's rows.
 * @typedef {{ row(row: Buffer): void | Promise<void>, end(): Promise<void>, fail(): void }} Sink
 */

/**
 * Reads a backup from its first line to the checksum in its last bytes. The check after a backup and the restore both
 * use this function, so the check finds what the restore would refuse.
 * @param {string} file
 * @param {Ours[]} tables the tables that it must hold, each with all its columns
 * @param {object} use
 * @param {(header: Header) => void | Promise<void>} use.begin gets the header, and throws to refuse it
 * @param {(table: string, columns: string[]) => Promise<Sink>} use.open is called before a table's rows
 * @returns {Promise<{ header: Header, footer: Footer }>}
 * @throws {Fault} if it is no backup, has another version, is cut off or damaged
 */
export async function readBackup(file, tables, { begin, open }) {
  const reader = readLines(file);
  try {
    const header = headerOf((await reader.next()).value, file);
    await begin(header);
    /** @type {Record<string, number>} */
    const rows = {};
    for (;;) {
      const { value, done } = await reader.next();
      const next = done ? null : parse(value);
      if (next?.end) {
        // The file must end here, and must have had every table.
        const isOver = (await reader.next()).done;
        const isWhole =
          Object.keys(rows).length === tables.length && JSON.stringify(next.rows) === JSON.stringify(rows);
        if (!isOver || !isWhole) throw new Fault(`${file} is damaged.`);
        return { header, footer: next };
      }
      // Names are put into a statement, so only the app's own tables and columns are accepted.
      const known = tables.find(({ table }) => table === next?.table);
      if (!known || rows[known.table] !== undefined || !isSame(next.columns, known.columns))
        throw new Fault(`${file} is cut off, or of another version.`);
      rows[known.table] = await readRows(reader, await open(known.table, next.columns), file);
    }
  } catch (error) {
    // For example zlib's "incorrect header check" or "unexpected end of file".
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code.startsWith("Z_")) throw new Fault(`${file} is no backup, or damaged.`);
    if (code === "ENOENT") throw new Fault(`There is no file ${file}.`);
    throw error;
  } finally {
    await reader.return?.();
  }
}

/**
 * @param {unknown} given
 * @param {string[]} known
 */
function isSame(given, known) {
  return Array.isArray(given) && given.length === known.length && known.every((column) => given.includes(column));
}

/**
 * @param {Buffer | void} line
 * @param {string} file
 * @returns {Header}
 */
function headerOf(line, file) {
  const header = parse(line);
  if (header?.latchkey !== "backup") throw new Fault(`${file} is no backup.`);
  if (header.format !== 1) throw new Fault(`${file} was made by a newer version.`);
  return header;
}

/**
 * @param {AsyncIterator<Buffer, void>} reader
 * @param {Sink} sink
 * @param {string} file
 * @returns {Promise<number>} how many rows there were
 */
async function readRows(reader, sink, file) {
  try {
    for (let count = 0; ; count += 1) {
      const { value: row, done } = await reader.next();
      if (done || !row) throw new Fault(`${file} is cut off.`);
      if (row.length === 2 && row.toString() === "\\.") {
        await sink.end();
        return count;
      }
      await sink.row(row);
    }
  } catch (error) {
    sink.fail();
    throw error;
  }
}

/** @param {Buffer | void} text */
function parse(text) {
  try {
    return JSON.parse(String(text));
  } catch {
    return null;
  }
}

/**
 * The lines of a packed file, split at the byte \n as COPY writes it. Node's readline would also split at U+2028, which
 * a name can hold.
 * @param {string} file
 * @returns {AsyncGenerator<Buffer, void>}
 */
async function* readLines(file) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0);
  const input = createReadStream(file);
  const unpacked = input.pipe(createGunzip());
  input.on("error", (error) => unpacked.destroy(error));
  try {
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
  } finally {
    input.destroy(); // closes the file if the reader stops early
  }
}
