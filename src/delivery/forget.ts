import { and, asc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { oldestFirst, pieces, texts } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { deliveries, inboxMessages } from "@/db/schema/deliveries";
import { FORGOTTEN, forget } from "@/keys";

const isKnown = sql`${deliveries.recipient} !~ ${FORGOTTEN}`;

/**
 * Forgets an address in the messages sent to it: what is still queued is dropped, what the inbox shows is gone, and the
 * stories stay under a keyed digest, so that every total does. Messages are found by their address, because one address
 * may have any number of them.
 * @param addresses any number of them
 * @param told a query for the ids of messages that went elsewhere: to an address that was given up before, or never proven
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
 * What is queued is dropped, and the inbox shows it no more. Locked first, in one order whoever does so: a worker that
 * sends meanwhile is waited for, and what it puts into the inbox is seen by the statements that follow.
 */
async function drop(tx: Tx, which: SQL): Promise<void> {
  await tx.execute(sql`select count(*) from (select 1 from ${deliveries} where ${which} order by id for update) held`);
  await tx.execute(sql`delete from ${inboxMessages} where id in (select id from ${deliveries} where ${which})`);
  await tx
    .update(deliveries)
    .set({ state: "dropped", sealed: null, error: "the account was deleted" })
    .where(and(which, eq(deliveries.state, "queued")));
}

/** Puts digests in the place of addresses. The digests are made here, not in SQL: the database has no key. */
async function putDigests(db: Tx | Db, addresses: string[], which?: SQL): Promise<void> {
  await db.execute(sql`update ${deliveries} set recipient = kept.digest, updated_at = now()
    from unnest(${texts(addresses)}, ${texts(addresses.map(forget))}) as kept (address, digest)
    where ${and(sql`${deliveries.recipient} = kept.address`, which)}`);
}

/**
 * Forgets whom settled messages older than so many days went to, oldest first. Safe to run twice, and by two at once.
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
