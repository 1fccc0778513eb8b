import { once } from "node:events";
import { finished } from "node:stream/promises";
import { Fault } from "../fault.mjs";
import { ours, sequencesOf } from "./ours.mjs";
import { readBackup } from "./parse.mjs";

/** @typedef {import("./dump.mjs").Header} Header */

/**
 * Restores a backup into a migrated database whose app tables are empty, in one transaction. Other objects in that
 * database are left as they are.
 * @param {string} url of the database, as the role that owns its tables
 * @param {string} file a backup
 * @param {string} requeue a select that puts the waiting deliveries on the queue
 * @param {unknown[]} params of that select
 * @returns {Promise<{ header: Header, tables: number, rows: number }>}
 * @throws {Fault} if the database has rows, or if the file is no backup, has other migrations, is cut off or damaged
 */
export async function load(url, file, requeue, params) {
  const { default: postgres } = await import("postgres");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const tables = await ours();
    return await sql.begin(async (tx) => {
      const { header, footer } = await fill(tx, file, tables);
      const standing = footer.sequences ?? {};
      for (const { name } of await sequencesOf(tx, tables))
        if (standing[name] !== undefined)
          await tx`select setval(${`public.${name}`}::regclass, ${standing[name]}::bigint)`;
      await tx.unsafe(requeue, /** @type {never[]} */ (params));
      const counts = Object.values(footer.rows);
      return { header, tables: counts.length, rows: counts.reduce((sum, count) => sum + count, 0) };
    });
  } catch (error) {
    throw error instanceof Fault ? new Fault(`${error.message} Nothing was restored.`) : error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * @param {import("postgres").TransactionSql} tx
 * @param {string} file
 * @param {import("./ours.mjs").Ours[]} tables
 */
async function fill(tx, file, tables) {
  const names = tables.map(({ table }) => `public.${table}`);
  await refuseRows(tx, names);
  const [state] = await tx`select count(*)::int as migrations from drizzle.__drizzle_migrations`;
  // Triggers stay off: they ran when the app wrote these rows.
  for (const name of names) await tx`alter table ${tx(name)} disable trigger user`;
  const read = await readBackup(file, tables, {
    begin(header) {
      if (header.migrations !== state?.migrations)
        throw new Fault(
          `${file} is of ${header.migrations} migrations, and this version has ${state?.migrations}: restore it with the version that made it, then upgrade.`,
        );
    },
    open: async (table, columns) =>
      copying(await tx`copy ${tx(`public.${table}`)} (${tx(columns)}) from stdin`.writable()),
  });
  for (const name of names) await tx`alter table ${tx(name)} enable trigger user`;
  return read;
}

/**
 * @param {import("node:stream").Writable} into
 * @returns {import("./parse.mjs").Sink}
 */
function copying(into) {
  const written = finished(into);
  return {
    async row(row) {
      if (!into.write(Buffer.concat([row, NEWLINE]))) await Promise.race([once(into, "drain"), written]);
    },
    async end() {
      into.end();
      await written;
    },
    fail() {
      // An open COPY would make the transaction wait for more rows.
      written.catch(() => {});
      into.destroy();
    },
  };
}

const NEWLINE = Buffer.from("\n");

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
