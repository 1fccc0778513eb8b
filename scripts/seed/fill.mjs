import { attacks, codes, demoCodes, hours, people } from "./statements.mjs";

/**
 * Fills an empty database with accounts, then with codes in the order of time. The codes have a daily and a weekly
 * rhythm, heavy users, failures and two attacks. Indexes, foreign keys and triggers are dropped first and added again
 * at the end of the same transaction, because building an index at once takes a tenth of the time.
 * @param {import("postgres").Sql} sql
 * @param {{ requests: number, days: number }} size
 * @returns {Promise<number>} the number of accounts
 */
export async function fill(sql, { requests, days }) {
  const accounts = Math.min(200_000, Math.max(50, Math.round(requests / 50)));
  await sql.begin(async (tx) => {
    await tx`set local maintenance_work_mem = '512MB'`;
    await tx`set local synchronous_commit = off`;
    await tx`select setseed(0.42)`;
    await tx.unsafe(people, [accounts]);
    const putBack = await bare(tx);
    await tx.unsafe(hours(days), [requests, days]);
    await tx.unsafe(codes(accounts));
    await tx.unsafe(demoCodes, [requests, days, accounts]);
    for (const attack of attacks) await tx.unsafe(attack);
    for (const statement of putBack) await tx.unsafe(statement);
  });
  await sql`analyze`;
  await sql`vacuum (analyze) otp_verifications`;
  return accounts;
}

/**
 * Drops the ledger's indexes, foreign keys and triggers.
 * @param {import("postgres").TransactionSql} tx
 * @returns {Promise<string[]>} the statements that add them again
 */
async function bare(tx) {
  const table = "otp_verifications";
  const foreign = await tx`select conname, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = ${table}::regclass and contype = 'f'`;
  const indexes = await tx`select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition,
      obj_description(indexrelid) as comment
    from pg_index where indrelid = ${table}::regclass and not indisprimary`;
  for (const { conname } of foreign) await tx.unsafe(`alter table ${table} drop constraint ${conname}`);
  for (const { name } of indexes) await tx.unsafe(`drop index ${name}`);
  await tx.unsafe(`alter table ${table} disable trigger user`);
  return [
    ...indexes.map(({ definition }) => definition),
    ...indexes.map(({ name, comment }) => `comment on index ${name} is '${comment.replaceAll("'", "''")}'`),
    ...foreign.map(({ conname, definition }) => `alter table ${table} add constraint ${conname} ${definition}`),
    `alter table ${table} enable trigger user`,
  ];
}
