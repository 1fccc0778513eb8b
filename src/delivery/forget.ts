import { and, asc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { oldestFirst, pieces, texts } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { deliveries, inboxMessages } from "@/db/schema/deliveries";
import { FORGOTTEN, forget } from "@/keys";

const isKnown = sql`${deliveries.recipient} !~ ${FORGOTTEN}`;

/**
 * Forgets addresses in the messages that were sent to them: drops queued deliveries, deletes inbox messages, and
 * replaces the address of each delivery by a keyed digest, so that all totals stay. An address may have any number of
 * messages.
 * @param addresses any number of them
 * @param told a query for the ids of messages to other addresses: given up earlier, or never proven
 */
export async function forgetRecipient(tx: Tx, addresses: string[], told: SQL): Promise<void> {
  for (const piece of pieces(addresses)) {
    await drop(tx, sql`${deliveries.recipient} = any(${texts(piece)})`);
    await putDigests(tx, piece);
  }
  const among = sql`${deliveries.id} in (${told})`;
  await drop(tx, among);
  const elsewhere = await tx
    .selectDistinct({ recipient: deliveries.recipient })
    .from(deliveries)
    .where(and(among, isKnown));
  const given = elsewhere.map(({ recipient }) => recipient);
  for (const piece of pieces(given)) await putDigests(tx, piece, among);
}

/**
 * Drops queued deliveries and deletes their inbox messages. It locks the rows first, always in one order: it waits for
 * a worker that sends one of them, and the later statements see what that worker wrote to the inbox.
 */
async function drop(tx: Tx, which: SQL): Promise<void> {
  await tx.execute(sql`select count(*) from (select 1 from ${deliveries} where ${which} order by id for update) held`);
  await tx.execute(sql`delete from ${inboxMessages} where id in (select id from ${deliveries} where ${which})`);
  await tx
    .update(deliveries)
    .set({ state: "dropped", sealed: null, error: "the account was deleted" })
    .where(and(which, eq(deliveries.state, "queued")));
}

/** Replaces addresses by digests. The digests are made here and not in SQL, because the database has no key. */
async function putDigests(db: Tx | Db, addresses: string[], which?: SQL): Promise<void> {
  await db.execute(sql`update ${deliveries} set recipient = kept.digest, updated_at = now()
    from unnest(${texts(addresses)}, ${texts(addresses.map(forget))}) as kept (address, digest)
    where ${and(sql`${deliveries.recipient} = kept.address`, which)}`);
}

/**
 * Forgets the recipients of settled deliveries older than `days`, oldest first. Safe to run twice and in parallel.
 * @returns how many were rewritten
 */
export function forgetRecipients(db: Db, days: number): Promise<number> {
  const old = and(
    lt(deliveries.createdAt, sql`now() - make_interval(days => ${days})`),
    sql`${deliveries.state} <> 'queued'`,
    isKnown,
  );
  return oldestFirst(db, async (tx, from, batch) => {
    const rows = await tx
      .select({ id: deliveries.id, recipient: deliveries.recipient, createdAt: deliveries.createdAt })
      .from(deliveries)
      .where(and(old, gte(deliveries.createdAt, from)))
      .orderBy(asc(deliveries.createdAt))
      .limit(batch)
      .for("update", { skipLocked: true });
    const ids = sql`${deliveries.id} = any(${texts(rows.map(({ id }) => id))}::uuid[])`;
    await putDigests(tx, [...new Set(rows.map(({ recipient }) => recipient))], ids);
    return rows;
  });
}
