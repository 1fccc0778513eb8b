import { and, desc, eq, gt, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { Channel } from "@/db/channel";
import type { Db, Tx } from "@/db/client";
import { type AccountType, type Owner, ownerOf } from "@/db/owner";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { isLive } from "./ledger";
import { type Purpose, policyFor } from "./policies";
import { ofSubject, type Subject } from "./subject";

/** No code lives longer than an hour. The page shows an ended challenge for a day. */
const ofLately = gt(ledger.createdAt, sql`now() - interval '1 day'`);

/**
 * The newest challenge has the highest number. The sum keeps PostgreSQL off the primary key: it would read the ledger
 * backwards past everybody else's rows if it takes the browser for a busy one.
 */
const newestFirst = desc(sql`${ledger.sNo} + 0`);

/**
 * The number of the challenge that a browser's guess is charged to: the newest one that was not held, if it may still
 * be verified, else the newest of all, so that the answers stay the ordinary ones. The newest has the highest number,
 * not the latest time: numbers are given under the subject's lock, but a transaction that waited for the lock may have
 * an earlier time than the one before it.
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

/** A browser's newest challenge, as its verify page shows it. Times are in seconds, by PostgreSQL's clock. */
export type CurrentChallenge = {
  address: string;
  accountType: AccountType;
  channel: Channel;
  expiresInSeconds: number;
  secondsSinceAsked: number;
  attempts: number;
  /** The account that it was asked for, if there is one. */
  owner: Owner | null;
};

/**
 * The last challenge that this browser asked for with this purpose, or null if it is spent or there is none. If the
 * last ask was held, `attempts` and `expiresInSeconds` are those of the older code, which still works.
 */
export async function currentChallenge(db: Db, purpose: Purpose, browser: string): Promise<CurrentChallenge | null> {
  const mine = and(eq(ledger.browser, browser), eq(ledger.purpose, purpose));
  const [newest] = await db
    .select(shown)
    .from(ledger)
    // For a day an expired challenge keeps its address, so that the page can offer a new code.
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
  // A superseded challenge (by another browser's ask, by a change of address) shows as expired.
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
