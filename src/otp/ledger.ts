import { and, desc, eq, gt, inArray, isNull, not, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { CODES_AN_HOUR, type Policy, type Purpose, purposesOf } from "./policies";
import { type AccountType, type Channel, type Owner, ofSubject, ownerColumns, type Subject } from "./subject";

/** The known device a challenge is counted for, or the share of all strangers (null). */
export type Share = string | null;

/** Refused because of what the ledger has counted; `retryAfterSeconds` is when the same ask may succeed. */
export type AskRefusal = { ok: false; reason: "COOLDOWN" | "RATE_LIMITED"; retryAfterSeconds: number };

/** The ledger's rows that count together: one subject, one share. */
export function counted(subject: Subject, share: Share): SQL | undefined {
  return and(ofSubject(subject), share === null ? isNull(ledger.device) : eq(ledger.device, share));
}

/** A challenge that may still be verified: neither spent, nor retired, nor expired by PostgreSQL's clock. */
export const isLive: SQL | undefined = and(
  not(ledger.isVerified),
  isNull(ledger.supersededAt),
  gt(ledger.expiresAt, sql`now()`),
);

/**
 * Whether the subject may be asked for once more: the purpose's cooldown, and 000's cap on codes an hour.
 * Call it under the subject's lock; both windows slide.
 */
export async function refusalOf(
  tx: Tx,
  subject: Subject,
  purpose: Purpose,
  share: Share,
  policy: Policy,
): Promise<AskRefusal | null> {
  const secondsLeft = (until: SQL) => sql<number | null>`ceil(extract(epoch from ${until} - now()))::int`;
  const newestOfPurpose = sql`max(${ledger.createdAt}) filter (where ${ledger.purpose} = ${purpose})`;
  const newestThatFills = sql`(array_agg(${ledger.createdAt} order by ${ledger.createdAt} desc))[${sql.raw(String(CODES_AN_HOUR))}]`;
  const [row] = await tx
    .select({
      cooldown: secondsLeft(sql`${newestOfPurpose} + make_interval(secs => ${policy.cooldownSeconds})`),
      cap: secondsLeft(sql`${newestThatFills} + interval '1 hour'`),
    })
    .from(ledger)
    .where(
      and(
        counted(subject, share),
        inArray(ledger.purpose, purposesOf(policy.pot)),
        gt(ledger.createdAt, sql`now() - interval '1 hour'`),
      ),
    );
  if (row?.cap != null && row.cap > 0) return { ok: false, reason: "RATE_LIMITED", retryAfterSeconds: row.cap };
  if (row?.cooldown != null && row.cooldown > 0)
    return { ok: false, reason: "COOLDOWN", retryAfterSeconds: row.cooldown };
  return null;
}

/** A browser's own newest challenge, as its verify page shows it. Times in seconds by PostgreSQL's clock. */
export type CurrentChallenge = {
  address: string;
  accountType: AccountType;
  channel: Channel;
  expiresInSeconds: number;
  secondsSinceAsked: number;
};

/** The challenge this browser asked for last for a purpose, spent ones left out; null when there is none to show. */
export async function currentChallenge(db: Db, purpose: Purpose, browser: string): Promise<CurrentChallenge | null> {
  const [row] = await db
    .select({
      email: ledger.email,
      phone: ledger.phone,
      userType: ledger.userType,
      isVerified: ledger.isVerified,
      expiresInSeconds: sql<number>`greatest(0, ceil(extract(epoch from ${ledger.expiresAt} - now())))::int`,
      secondsSinceAsked: sql<number>`floor(extract(epoch from now() - ${ledger.createdAt}))::int`,
    })
    .from(ledger)
    .where(
      and(
        eq(ledger.browser, browser),
        eq(ledger.purpose, purpose),
        // An expired challenge still leads to "ask for a new one" with the address kept; a day-old one is over.
        gt(ledger.createdAt, sql`now() - interval '1 day'`),
      ),
    )
    .orderBy(desc(ledger.createdAt), desc(ledger.sNo))
    .limit(1);
  const address = row?.email ?? row?.phone;
  if (!row || !address || row.isVerified) return null;
  return {
    address,
    accountType: row.userType === "demo" ? "demo" : "live",
    channel: row.email ? "email" : "sms",
    expiresInSeconds: row.expiresInSeconds,
    secondsSinceAsked: row.secondsSinceAsked,
  };
}

/** Gives a proven challenge its account: a sign-up's row was written before there was one. */
export async function adoptChallenge(tx: Tx, sNo: number, owner: Owner): Promise<void> {
  await tx.update(ledger).set(ownerColumns(owner)).where(eq(ledger.sNo, sNo));
}
