import { and, desc, eq, gt, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { Channel } from "@/db/channel";
import type { Db, Tx } from "@/db/client";
import { type AccountType, type Owner, ownerOf } from "@/db/owner";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { isLive } from "./ledger";
import { type Purpose, policyFor } from "./policies";
import { ofSubject, type Subject } from "./subject";

/** No code lives for longer than an hour, and the row of an ended one is shown for a day. */
const ofLately = gt(ledger.createdAt, sql`now() - interval '1 day'`);

/**
 * The newest challenge is the one with the highest number. By a sum and not by the column: PostgreSQL would read the
 * ledger backwards from its end by the key, past everybody else's rows, where it takes a browser for a busy one.
 */
const newestFirst = desc(sql`${ledger.sNo} + 0`);

/**
 * The number of the challenge that answers among a browser's own: the newest that was not held back, while it may still
 * be verified. Where there is no such one it is the newest of all, held back or not, so that answers stay the ordinary
 * ones. The newest has the highest number, not the latest time: numbers are given under the subject's lock, but of two
 * asks at once the one that waited for the other may have begun before it.
 * @param tries how many attempts the policy allows
 */
export function answering(tx: Db | Tx, mine: SQL | undefined, tries: number): SQL {
  const newest = (which: SQL | undefined) =>
    tx.select({ sNo: ledger.sNo }).from(ledger).where(and(which, ofLately)).orderBy(newestFirst).limit(1);
  const sent = newest(and(mine, isNull(ledger.held)));
  const open = tx
    .select({ sNo: ledger.sNo })
    .from(ledger)
    .where(and(eq(ledger.sNo, sql`(${sent})`), lt(ledger.attempts, tries), isLive));
  return sql`coalesce((${open}), (${newest(mine)}))`;
}

/** A browser's own newest challenge, as its verify page shows it. Times in seconds by PostgreSQL's clock. */
export type CurrentChallenge = {
  address: string;
  accountType: AccountType;
  channel: Channel;
  expiresInSeconds: number;
  secondsSinceAsked: number;
  attempts: number;
  /** The account it was asked for, where there is one. */
  owner: Owner | null;
};

/**
 * The challenge this browser asked for last for a purpose; null when there is none, or it is spent. Where the message of
 * the last ask was held back, tries and life are those of the code before, which still works.
 */
export async function currentChallenge(db: Db, purpose: Purpose, browser: string): Promise<CurrentChallenge | null> {
  const mine = and(eq(ledger.browser, browser), eq(ledger.purpose, purpose));
  const [newest] = await db
    .select(shown)
    .from(ledger)
    // An expired challenge still leads to "ask for a new one" with the address kept; a day-old one is over.
    .where(and(mine, ofLately))
    .orderBy(newestFirst) // as `answering` finds it
    .limit(1);
  const address = newest?.email ?? newest?.phone;
  if (!newest || !address || newest.isVerified) return null;
  const accountType = newest.userType === "demo" ? "demo" : "live";
  const channel = newest.email ? "email" : "sms";
  const subject: Subject = { accountType, channel, address };
  const found = newest.held && (await answeringOf(db, purpose, and(mine, ofSubject(subject)), channel));
  const { expiresInSeconds, attempts } = found || newest;
  const { secondsSinceAsked } = newest;
  return { address, accountType, channel, expiresInSeconds, secondsSinceAsked, attempts, owner: ownerOf(newest) };
}

const shown = {
  email: ledger.email,
  phone: ledger.phone,
  userType: ledger.userType,
  isVerified: ledger.isVerified,
  attempts: ledger.attempts,
  userId: ledger.userId,
  demoUserId: ledger.demoUserId,
  held: ledger.held,
  // A challenge that was ended (by another browser's ask, by a change of address) works no longer, either.
  expiresInSeconds: sql<number>`case when ${ledger.supersededAt} is null
    then greatest(0, ceil(extract(epoch from ${ledger.expiresAt} - now())))::int else 0 end`,
  secondsSinceAsked: sql<number>`floor(extract(epoch from now() - ${ledger.createdAt}))::int`,
};

async function answeringOf(db: Db, purpose: Purpose, mine: SQL | undefined, channel: Channel) {
  const tries = policyFor(purpose, channel)?.attempts ?? 0;
  const [row] = await db
    .select(shown)
    .from(ledger)
    .where(eq(ledger.sNo, answering(db, mine, tries)));
  return row;
}
