import { and, desc, eq, gt, inArray, isNotNull, isNull, not, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { CODES_AN_HOUR } from "./policies";
import { type AccountType, type Channel, type Owner, ofSubject, ownerColumns, ownerOf, type Subject } from "./subject";

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
 */
export async function refusalOf(
  tx: Tx,
  { subject, share }: Asker,
  purpose: string,
  cooldownSeconds: number,
  pot: string[],
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
    .where(and(counted(subject, share), gt(ledger.createdAt, sql`now() - interval '1 hour'`)));
  const { cap, cooldown } = row ?? {};
  if (cap && cap > 0) return { ok: false, reason: "RATE_LIMITED", retryAfterSeconds: cap };
  if (cooldown && cooldown > 0) return { ok: false, reason: "COOLDOWN", retryAfterSeconds: cooldown };
  return null;
}

/** Writes the ledger row of an ask, real or decoy alike (law 1), and returns its number. */
export async function record(
  tx: Tx,
  { subject, share, browser, ipAddress, userAgent }: Asker,
  asked: { purpose: string; ttlSeconds: number; owner: Owner | null; deliveryId: string | null },
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
      expiresAt: sql`now() + make_interval(secs => ${asked.ttlSeconds})`,
    })
    .returning({ sNo: ledger.sNo });
  if (!row) throw new Error("the ledger returned no row");
  return row.sNo;
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
 * Notes on the ledger that a code's message was taken by the provider: the delivery's own row is swept one day. A decoy's
 * was not; its row is written again as it is, so that it takes the worker as long (law 1).
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

/** The challenge this browser asked for last for a purpose; null when there is none, or it is spent. */
export async function currentChallenge(db: Db, purpose: string, browser: string): Promise<CurrentChallenge | null> {
  const [row] = await db
    .select({
      email: ledger.email,
      phone: ledger.phone,
      userType: ledger.userType,
      isVerified: ledger.isVerified,
      attempts: ledger.attempts,
      userId: ledger.userId,
      demoUserId: ledger.demoUserId,
      // A challenge that was ended (by another browser's ask, by a change of address) works no longer, either.
      expiresInSeconds: sql<number>`case when ${ledger.supersededAt} is null
        then greatest(0, ceil(extract(epoch from ${ledger.expiresAt} - now())))::int else 0 end`,
      secondsSinceAsked: sql<number>`floor(extract(epoch from now() - ${ledger.createdAt}))::int`,
    })
    .from(ledger)
    // An expired challenge still leads to "ask for a new one" with the address kept; a day-old one is over.
    .where(
      and(
        eq(ledger.browser, browser),
        eq(ledger.purpose, purpose),
        gt(ledger.createdAt, sql`now() - interval '1 day'`),
      ),
    )
    .orderBy(desc(ledger.sNo)) // as `strike` finds it
    .limit(1);
  const address = row?.email ?? row?.phone;
  if (!row || !address || row.isVerified) return null;
  const { expiresInSeconds, secondsSinceAsked, attempts } = row;
  const accountType = row.userType === "demo" ? "demo" : "live";
  const channel = row.email ? "email" : "sms";
  return { address, accountType, channel, expiresInSeconds, secondsSinceAsked, attempts, owner: ownerOf(row) };
}
