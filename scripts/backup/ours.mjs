import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../ensure.mjs";
import { Fault } from "../fault.mjs";

/**
 * A table of the app: the columns that a backup holds, and the tables it refers to.
 * @typedef {{ table: string, columns: string[], refersTo: string[] }} Ours
 */

/**
 * The app's tables with their columns, each after the tables it refers to. They are read from the newest migration's
 * snapshot of the schema, because the database may also hold objects that are not the app's.
 * @returns {Promise<Ours[]>}
 */
export async function ours() {
  const folder = join(root, "drizzle/meta");
  const newest = (await readdir(folder))
    .filter((name) => name.endsWith("_snapshot.json"))
    .sort()
    .at(-1);
  /** @typedef {{ name: string, columns: Record<string, { name: string, generated?: unknown }>, foreignKeys: Record<string, { tableTo: string }> }} Noted */
  /** @type {{ tables: Record<string, Noted> }} */
  const { tables } = JSON.parse(await readFile(join(folder, newest ?? ""), "utf8"));
  return inOrder(
    Object.values(tables).map(({ name, columns, foreignKeys }) => ({
      table: name,
      columns: Object.values(columns).flatMap((column) => (column.generated ? [] : [column.name])),
      refersTo: Object.values(foreignKeys).map(({ tableTo }) => tableTo),
    })),
  );
}

/** @param {Ours[]} tables */
function inOrder(tables) {
  /** @type {Ours[]} */
  const ordered = [];
  const there = new Set();
  while (ordered.length < tables.length) {
    const next = tables.filter(
      ({ table, refersTo }) => !there.has(table) && refersTo.every((other) => other === table || there.has(other)),
    );
    if (next.length === 0) throw new Error("tables refer to each other in a circle");
    for (const table of next) {
      ordered.push(table);
      there.add(table.table);
    }
  }
  return ordered;
}

/**
 * The values of the app's sequences. A sequence of a column that somebody added to an app's table is left out.
 * @param {import("postgres").ISql<{}>} sql
 * @param {Ours[]} tables
 * @returns {Promise<{ name: string, value: string | null }[]>}
 */
export async function sequencesOf(sql, tables) {
  const columns = new Set(tables.flatMap(({ table, columns }) => columns.map((column) => `${table} ${column}`)));
  const rows = await sql`
    select s.relname as name, q.last_value::text as value, t.relname || ' ' || a.attname as of from pg_class s
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid and d.deptype in ('a', 'i')
    join pg_class t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
    join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
    join pg_sequences q on q.schemaname = 'public' and q.sequencename = s.relname
    where s.relkind = 'S' and s.relnamespace = 'public'::regnamespace and t.relnamespace = s.relnamespace order by 1`;
  return rows.filter((row) => columns.has(row.of)).map(({ name, value }) => ({ name, value }));
}

/** The schemas of the job queue and of the list of migrations. Each version makes them itself. */
const LEFT_OUT = ["graphile_worker", "drizzle"];

/**
 * The objects in the database that are not in a backup, by kind and name.
 * @param {import("postgres").ISql<{}>} sql
 * @param {Ours[]} tables
 * @returns {Promise<string[]>}
 * @throws {Fault} if a table or column of the app is missing
 */
export async function foreign(sql, tables) {
  const found = await sql`
    select case c.relkind when 'v' then 'view' when 'm' then 'view' when 'f' then 'foreign table' when 'S' then 'sequence'
        else 'table' end as kind, n.nspname as schema, c.relname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)' and n.nspname <> all(${LEFT_OUT})
      -- A sequence that belongs to a column goes where the column goes.
      and not (c.relkind = 'S' and exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i')))
    order by 1, 2, 3`;
  const columns = await sql`select c.relname as table, a.attname as name from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    where a.attnum > 0 and not a.attisdropped order by 1, a.attnum`;
  const own = new Map(tables.map(({ table, columns }) => [table, columns]));
  refuseMissing(own, new Set(columns.map(({ table, name }) => `${table}.${name}`)));

  const isOurs = (/** @type {{ schema: string, name: string }} */ { schema, name }) =>
    schema === "public" && own.has(name);
  const named = (/** @type {{ schema: string, name: string }} */ { schema, name }) =>
    schema === "public" ? name : `${schema}.${name}`;
  return [
    ...found
      .filter((each) => !isOurs(/** @type {any} */ (each)))
      .map((each) => `${each.kind} ${named(/** @type {any} */ (each))}`),
    ...columns
      .filter(({ table, name }) => own.has(table) && !own.get(table)?.includes(name))
      .map(({ table, name }) => `column ${table}.${name}`),
    ...(await programs(sql, [...own.keys()])),
    ...(await sql`select extname as name from pg_extension where extname <> 'plpgsql' order by 1`).map(
      ({ name }) => `extension ${name}`,
    ),
  ];
}

/**
 * @param {Map<string, string[]>} own
 * @param {Set<string>} found
 */
function refuseMissing(own, found) {
  const missing = [...own].flatMap(([table, columns]) =>
    columns.map((column) => `${table}.${column}`).filter((name) => !found.has(name)),
  );
  if (missing.length > 0)
    throw new Fault(
      `This database lacks what this version keeps: ${missing.join(", ")}. A backup without it could not be restored.`,
    );
}

/**
 * Functions, and triggers on the app's tables, that no migration of the app names. They hold no rows, but a restored
 * database lacks them.
 * @param {import("postgres").ISql<{}>} sql
 * @param {string[]} tables
 */
async function programs(sql, tables) {
  const folder = join(root, "drizzle");
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql"));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  const known = new Set(
    [...texts.join("\n").matchAll(/\bCREATE (?:OR REPLACE )?(?:FUNCTION|TRIGGER) "?(\w+)/gi)].map(([, name]) => name),
  );
  const rows = await sql`
    select 'function' as kind, case n.nspname when 'public' then '' else n.nspname || '.' end as schema, p.proname as name, '' as on
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_temp' and n.nspname <> all(${LEFT_OUT})
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    union select 'trigger', '', t.tgname, c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal and c.relnamespace = 'public'::regnamespace and c.relname = any(${tables}) order by 1, 2, 3, 4`;
  return rows
    .filter(({ schema, name }) => schema !== "" || !known.has(name))
    .map(({ kind, schema, name, on }) => `${kind} ${schema}${name}${on ? ` on ${on}` : ""}`);
}
