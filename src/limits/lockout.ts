import { createHmac } from "node:crypto";
import { and, gt, inArray, sql } from "drizzle-orm";
import { deleteInBatches, pieces, texts } from "@/db/batches";
import type { Channel } from "@/db/channel";
import type { Db, Tx } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { lockouts } from "@/db/schema/limits";
import { keysFor } from "@/keys";
import { firstHit, hitsOfLastHour, minute, oneMore } from "./minutes";

/** The failed codes or passwords in an hour that lock an identifier. */
export const FAILURES_AN_HOUR = 10;
/** How long a lock lasts. Nothing is compared during it. Seconds. */
export const LOCKED_SECONDS = 15 * 60;
/** The wrong codes in a row, over all purposes that open an account, that close the codes to strangers. */
export const GUESSES_IN_A_ROW = 100;
/** How long codes stay closed, and how long a count is kept after its last wrong code. Seconds. */
export const CLOSED_SECONDS = 30 * 24 * 3600;

/** An identifier, known or not. */
type Identified = { accountType: AccountType; channel: Channel; address: string };

/** An identifier in one share (null: the strangers'). Its failures are counted together. */
export type Guessed = Identified & { share: string | null };

/** The result of charging a failure. */
export type Charge = {
  /** The identifier is locked, so nothing may be compared. */
  locked: boolean;
  /** This guess is the last one before the lock. It may be compared. If it fails, the owner is told. */
  tripped: boolean;
  /**
   * The place of this guess among the wrong codes in a row. `apart`: it is not counted. `open`: more may follow.
   * `closing`: it is the last that may be compared. `closed`: it may not be compared.
   */
  inARow: "apart" | "open" | "closing" | "closed";
};

/** A keyed digest, so that the table does not show who is attacked. A rotation of secrets starts all counts anew. */
function keyOf({ accountType, channel, address, share }: Guessed): string {
  const name = [accountType, channel, address, share ?? "strangers"].join("\0");
  return createHmac("sha256", keysFor("lockout")[0].bytes).update(name).digest("hex");
}

const total = hitsOfLastHour(lockouts.hits);

const longAgo = sql`now() - make_interval(secs => ${CLOSED_SECONDS})`;
/**
 * The wrong codes in a row so far. The count starts anew 30 days after the last wrong code, or after it closed codes.
 */
const rowSoFar = sql`(case when least(${lockouts.updatedAt}, ${lockouts.closedAt}) > ${longAgo} then ${lockouts.wrongInARow} else 0 end)`;

/**
 * Charges one failure, before anything is compared. Under any concurrency ten guesses are compared in an hour, and then
 * none for 15 minutes. A hundred wrong codes in a row are compared, and then none for 30 days. A success takes the
 * charges back (`forgive`, `reopen`). If it cannot count it throws, so that nothing is compared.
 * @param counts whether the guess counts in a row: it is a stranger's, would open an account, and is compared
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
 * Takes one charge back, because its guess was not compared. If this charge locked the identifier or closed its codes,
 * that ends too. Earlier charges stay. If another charge has closed the codes since, they stay closed: the owner has
 * been told.
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

/** Forgets the failures of these identifiers and ends their locks: after a success, or by an admin. */
export async function forgive(db: Db | Tx, guessed: Guessed[]): Promise<void> {
  for (const piece of pieces(guessed))
    await db
      .update(lockouts)
      .set({ hits: {}, lockedUntil: null })
      .where(sql`${lockouts.key} = any(${texts(piece.map(keyOf))})`);
}

/**
 * Starts the count in a row anew for these identifiers and opens their codes to strangers: after a success on any
 * device, by a link, or by an admin. A lock of 15 minutes stays.
 */
export async function reopen(tx: Tx, identified: Identified[]): Promise<void> {
  if (identified.length === 0) return;
  const keys = identified.map((one) => keyOf({ ...one, share: null }));
  const theirs = and(inArray(lockouts.key, keys), gt(lockouts.wrongInARow, 0));
  await tx.update(lockouts).set({ wrongInARow: 0, closedAt: null }).where(theirs);
}

/**
 * Whether the owner must be told of a lock now: once a day for an identifier, over all shares. It is true once under
 * any concurrency.
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
 * Deletes lockouts that have ended and whose owner was told more than a day ago. A count of wrong codes in a row is
 * kept for 30 days after the last one: deleted sooner, it would let strangers guess for ever.
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
