import { Fault } from "./fault.mjs";

/**
 * Gives the app's role the rights it needs, and no others: all operations on rows of every table, except that rows of
 * the audit log and its seals can only be read and added. It runs as the role that owns the tables.
 * @param {import("postgres").Sql} sql as the owner
 * @param {string} appUrl
 * @throws {Fault} if there is no such role
 */
export async function grantApp(sql, appUrl) {
  const name = decodeURIComponent(new URL(appUrl).username);
  const [role] =
    await sql`select quote_ident(rolname) as ident, rolname = current_user as own from pg_roles where rolname = ${name}`;
  if (!role)
    throw new Fault(`DATABASE_URL: there is no role "${name}" in the database that DATABASE_MIGRATE_URL names.`);
  if (role.own) return;
  await sql.begin(async (tx) => {
    const app = role.ident;
    for (const schema of ["public", "graphile_worker", "drizzle"])
      await tx.unsafe(`grant usage on schema ${schema} to ${app}`);
    await tx.unsafe(`grant select on all tables in schema drizzle to ${app}`);
    for (const schema of ["public", "graphile_worker"]) {
      await tx.unsafe(`grant select, insert, update, delete on all tables in schema ${schema} to ${app}`);
      await tx.unsafe(`grant usage, select on all sequences in schema ${schema} to ${app}`);
    }
    await tx.unsafe(`grant execute on all functions in schema graphile_worker to ${app}`);
    await tx.unsafe(`revoke update, delete, truncate on audit_log, audit_seals from ${app}`);
    // The queue's tables have row-level security: only their owner sees rows, unless a policy allows others.
    const guarded = await tx`select c.oid::regclass::text as table from pg_class c
      where c.relnamespace = 'graphile_worker'::regnamespace and c.relrowsecurity
        and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'latchkey_app')`;
    for (const { table } of guarded)
      await tx.unsafe(`create policy latchkey_app on ${table} to ${app} using (true) with check (true)`);
  });
}
