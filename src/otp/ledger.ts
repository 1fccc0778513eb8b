import { and, desc, eq, gt, inArray, isNotNull, isNull, lt, not, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { type AccountType, type Owner, ownerColumns, ownerOf } from "@/db/owner";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { CODES_AN_HOUR, type Purpose, policyFor } from "./policies";
import { type Channel, ofSubject, type Subject } from "./subject";

/** Who asks, from where. */
export type Asker = {
  subject: Subject;
  /** The known device this is counted for, or the share of all strangers (null). */
  share: string | null;
  /** SHA-256 of the asking browser's cookie; null where the operator asks. */
  browser: string | null;
  ipAddress: string | null;
  userAgent: string | null;
};

/** Refused because of what the ledger has counted; `retryAfterSeconds` is when the same ask may succeed. */
export type AskRefusal = { ok: false; reason: "COOLDOWN" | "RATE_LIMITED"; retryAfterSeconds: number };

/** The ledger's rows that count together: one subject, one share. */
export function counted(subject: Subject, share: string | null): SQL | undefined {
  return and(ofSubject(subject), share === null ? isNull(ledger.device) : eq(ledger.device, share));
}

/** A challenge that may still be verified: neither spent, nor retired, nor expired by PostgreSQL's clock. */
export const isLive: SQL | undefined = and(
  not(ledger.isVerified),
  isNull(ledger.supersededAt),
  gt(ledger.expiresAt, sql`now()`),
);

/** A challenge that a newer one, or a proof, has ended. It has expired too: whoever counts pending codes counts none. */
export const superseded = { supersededAt: sql`now()`, expiresAt: sql`least(${ledger.expiresAt}, now())` };

/**
 * Whether this subject may be asked for once more: the purpose's cooldown, and 000's cap on the codes of its pot in
 * an hour. Call it under the subject's lock; both windows slide. An empty pot has no cap.
 * @param among the rows that count; those of the asker's share, unless others are named
 */
export async function refusalOf(
  tx: Tx,
  { subject, share }: Asker,
  purpose: string,
  cooldownSeconds: number,
  pot: string[],
  among: SQL | undefined = counted(subject, share),
): Promise<AskRefusal | null> {
  // A proven code needs no patience: who signs up, out and up again has used up what was sent.
  const newest = sql`max(${ledger.createdAt}) filter (where ${ledger.purpose} = ${purpose} and not ${ledger.isVerified})`;
  const filling = sql`array_agg(${ledger.createdAt} order by ${ledger.createdAt} desc) filter (where ${inArray(ledger.purpose, ["", ...pot])})`;
  // The moment itself: the lock may have been waited for, and then this transaction began before the newest ask.
  const secondsLeft = (until: SQL) => sql<number | null>`ceil(extract(epoch from ${until} - clock_timestamp()))::int`;
  const [row] = await tx
    .select({
      cooldown: secondsLeft(sql`${newest} + make_interval(secs => ${cooldownSeconds})`),
      cap: secondsLeft(sql`(${filling})[${CODES_AN_HOUR}::int] + interval '1 hour'`),
    })
    .from(ledger)
    .where(and(among, gt(ledger.createdAt, sql`now() - interval '1 hour'`)));
  const { cap, cooldown } = row ?? {};
  if (cap && cap > 0) return { ok: false, reason: "RATE_LIMITED", retryAfterSeconds: cap };
  if (cooldown && cooldown > 0) return { ok: false, reason: "COOLDOWN", retryAfterSeconds: cooldown };
  return null;
}

/** Writes the ledger row of an ask, real or decoy alike (law 1), and returns its number. */
export async function record(
  tx: Tx,
  { subject, share, browser, ipAddress, userAgent }: Asker,
  asked: {
    purpose: string;
    ttlSeconds: number;
    owner: Owner | null;
    deliveryId: string | null;
    /** The rule that held its message back. */
    held: HeldRule | null;
  },
): Promise<number> {
  const { address, channel, accountType, country } = subject;
  const [row] = await tx
    .insert(ledger)
    .values({
      ...ownerColumns(asked.owner),
      ...(channel === "email"
        ? { email: address, mailDomain: address.slice(address.lastIndexOf("@") + 1) }
        : { phone: address, country: country ?? null }),
      userType: accountType,
      channel,
      browser,
      device: share,
      ipAddress,
      userAgent,
      purpose: asked.purpose,
      deliveryId: asked.deliveryId,
      held: asked.held,
      expiresAt: sql`now() + make_interval(secs => ${asked.ttlSeconds})`,
    })
    .returning({ sNo: ledger.sNo });
  if (!row) throw new Error("the ledger returned no row");
  return row.sNo;
}

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

/** Gives a proven challenge its account: a sign-up's row was written before there was one. */
export async function adoptChallenge(tx: Tx, sNo: number, owner: Owner): Promise<void> {
  await tx.update(ledger).set(ownerColumns(owner)).where(eq(ledger.sNo, sNo));
}

/** Whether the challenge that a delivery tells of was ended: two codes in a mailbox, and only one works, confuse. */
export async function isSuperseded(db: Db, deliveryId: string): Promise<boolean> {
  const rows = await db
    .select({ sNo: ledger.sNo })
    .from(ledger)
    .where(and(eq(ledger.deliveryId, deliveryId), isNotNull(ledger.supersededAt)))
    .limit(1);
  return rows.length > 0;
}

/** Whether a delivery answers an ask: with a code, or with the notice in its place. */
export async function isAskedFor(db: Db, deliveryId: string): Promise<boolean> {
  return (await db.$count(ledger, eq(ledger.deliveryId, deliveryId))) > 0;
}

/**
 * Notes on the ledger that a code's message was taken by the provider: the delivery's own row is swept one day. The row
 * of a decoy, which nobody took, is written again as it is, so that it takes the worker as long (law 1).
 */
export async function noteSent(tx: Tx, deliveryId: string, isSent: boolean): Promise<void> {
  const sentAt = isSent ? sql`now()` : sql`${ledger.sentAt}`;
  await tx.update(ledger).set({ sentAt }).where(eq(ledger.deliveryId, deliveryId));
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
