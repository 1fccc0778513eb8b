import { createHmac } from "node:crypto";
import { and, gt, inArray, sql } from "drizzle-orm";
import { deleteInBatches, pieces, texts } from "@/db/batches";
import type { Channel } from "@/db/channel";
import type { Db, Tx } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { lockouts } from "@/db/schema/limits";
import { keysFor } from "@/keys";
import { firstHit, hitsOfLastHour, minute, oneMore } from "./minutes";

/** This many failed codes or passwords in an hour for one identifier lock it (design, "Policies"). */
export const FAILURES_AN_HOUR = 10;
/** For so long nothing is compared then. Seconds. */
export const LOCKED_SECONDS = 15 * 60;
/** So many wrong codes in a row, over all purposes that open an account, close them to strangers. */
export const GUESSES_IN_A_ROW = 100;
/** For so long they stay closed, and for so long a count is kept that nobody adds to. Seconds. */
export const CLOSED_SECONDS = 30 * 24 * 3600;

/** An identifier, known or not. */
type Identified = { accountType: AccountType; channel: Channel; address: string };

/** Whose failures count together: an identifier in one share (null: the strangers'). */
export type Guessed = Identified & { share: string | null };

/** What charging a failure found. */
export type Charge = {
  /** Nothing may be compared: the identifier is locked. */
  locked: boolean;
  /** This guess may be compared, and it is the last one before the lock. If it fails, the owner is told. */
  tripped: boolean;
  /**
   * Where this guess stands among the wrong codes in a row. `apart`: it is not counted there. `open`: more may follow.
   * `closing`: it is the last one that may be compared. `closed`: it may not be compared.
   */
  inARow: "apart" | "open" | "closing" | "closed";
};

/** A keyed digest, so that the table says of nobody that they are guessed at. A rotation of secrets starts it anew. */
function keyOf({ accountType, channel, address, share }: Guessed): string {
  const name = [accountType, channel, address, share ?? "strangers"].join("\0");
  return createHmac("sha256", keysFor("lockout")[0].bytes).update(name).digest("hex");
}

const total = hitsOfLastHour(lockouts.hits);

const longAgo = sql`now() - make_interval(secs => ${CLOSED_SECONDS})`;
/** The wrong codes in a row so far. The count starts anew 30 days after it was last added to, or has closed codes. */
const rowSoFar = sql`(case when least(${lockouts.updatedAt}, ${lockouts.closedAt}) > ${longAgo} then ${lockouts.wrongInARow} else 0 end)`;

/**
 * Charges one failure, before anything is compared. Under any concurrency ten are compared in an hour, and then none for
 * 15 minutes. Of those that count in a row a hundred are compared, and then none for 30 days. A success takes the
 * charges back (`forgive`, `reopen`). After a fault here nothing is compared, because it throws.
 * @param counts whether the guess counts in a row: a stranger's code that would open an account, and that is compared
 */
export async function chargeFailure(db: Db, guessed: Guessed, { counts }: { counts: boolean }): Promise<Charge> {
  const key = keyOf(guessed);
  const more = counts ? 1 : 0;
  const [row] = await db.execute<{ tripped: boolean; count: number }>(sql`
    insert into ${lockouts} (key, hits, wrong_in_a_row) values (${key}, ${firstHit}, ${more}::int)
    on conflict (key) do update set updated_at = now(),
      locked_until = case when ${total} + 1 >= ${FAILURES_AN_HOUR} then now() + make_interval(secs => ${LOCKED_SECONDS}) end,
      hits = case when ${total} + 1 >= ${FAILURES_AN_HOUR} then '{}' else ${oneMore(lockouts.hits)} end,
      wrong_in_a_row = least(${rowSoFar} + ${more}::int, ${GUESSES_IN_A_ROW + 1}::int),
      closed_at = case when ${rowSoFar} + ${more}::int >= ${GUESSES_IN_A_ROW}::int then coalesce(${lockouts.closedAt}, now()) end
    where ${lockouts.lockedUntil} is null or ${lockouts.lockedUntil} <= now()
    returning locked_until is not null as tripped, wrong_in_a_row as count`);
  if (!row) return { locked: true, tripped: false, inARow: "apart" };
  return { locked: false, tripped: row.tripped, inARow: counts ? standingOf(row.count) : "apart" };
}

const standingOf = (count: number): Charge["inARow"] =>
  count < GUESSES_IN_A_ROW ? "open" : count === GUESSES_IN_A_ROW ? "closing" : "closed";

/**
 * Takes one charge back, because nothing was compared under it after all. If this charge locked or closed, the lock or
 * the stop goes, and the charges before it stay. If another charge has closed codes meanwhile, they stay closed: the
 * owner has been told.
 */
export async function takeBack(db: Db, guessed: Guessed, { tripped, inARow }: Charge): Promise<void> {
  const newest = sql`(select max(m.key::int)::text from jsonb_each(${lockouts.hits}) m)`;
  const isLast = inARow === "closing";
  const less = inARow === "open" ? 1 : 0;
  await db.execute(sql`
    update ${lockouts} set
      locked_until = case when ${tripped}::boolean then null else locked_until end,
      hits = case when ${tripped}::boolean then jsonb_build_object(${minute}, ${FAILURES_AN_HOUR - 1}::int)
        when ${lockouts.hits} = '{}' then '{}'
        else jsonb_set(${lockouts.hits}, array[${newest}], to_jsonb(greatest(0, (${lockouts.hits} ->> ${newest})::int - 1))) end,
      wrong_in_a_row = case when ${isLast}::boolean then ${GUESSES_IN_A_ROW - 1}::int
        when closed_at is null then greatest(0, wrong_in_a_row - ${less}::int) else wrong_in_a_row end,
      closed_at = case when ${isLast}::boolean then null else closed_at end
    where key = ${keyOf(guessed)}`);
}

/** Forgets the failures of these identifiers, and opens what they locked: after a success, or by an admin. */
export async function forgive(db: Db | Tx, guessed: Guessed[]): Promise<void> {
  for (const piece of pieces(guessed))
    await db
      .update(lockouts)
      .set({ hits: {}, lockedUntil: null })
      .where(sql`${lockouts.key} = any(${texts(piece.map(keyOf))})`);
}

/**
 * Begins the count in a row anew for these identifiers, and opens what it closed to strangers: after a success on any
 * device, a link, or by an admin. What they have locked for minutes stays locked.
 */
export async function reopen(tx: Tx, identified: Identified[]): Promise<void> {
  if (identified.length === 0) return;
  const keys = identified.map((one) => keyOf({ ...one, share: null }));
  const theirs = and(inArray(lockouts.key, keys), gt(lockouts.wrongInARow, 0));
  await tx.update(lockouts).set({ wrongInARow: 0, closedAt: null }).where(theirs);
}

/**
 * Whether the owner is to be told of a lock now: once a day for an identifier, whichever share was locked. Says so once
 * under any concurrency.
 */
export async function takeTelling(tx: Tx, guessed: Guessed): Promise<boolean> {
  const key = keyOf({ ...guessed, share: null });
  const taken = await tx.execute(sql`
    insert into ${lockouts} (key, hits, told_at) values (${key}, '{}', now())
    on conflict (key) do update set told_at = now(), updated_at = now()
    where ${lockouts.toldAt} is null or ${lockouts.toldAt} <= now() - interval '1 day'
    returning 1`);
  return taken.length === 1;
}

/**
 * Deletes lockouts that are over and have told their owner longer ago than a day. One that counts wrong codes in a row
 * is kept until nobody has added to it for 30 days: forgotten sooner it would let strangers guess for ever.
 */
export async function sweepLockouts(db: Db): Promise<number> {
  const over = [
    sql`wrong_in_a_row = 0 and updated_at < now() - interval '25 hours'`,
    sql`wrong_in_a_row > 0 and updated_at < now() - make_interval(secs => ${CLOSED_SECONDS})`,
  ];
  let total = 0;
  for (const which of over) total += await deleteInBatches(db, lockouts, which);
  return total;
}
