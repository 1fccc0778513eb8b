import { sql } from "drizzle-orm";
import { texts } from "@/db/batches";
import type { Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { mailboxOf } from "@/db/mailbox";

/*
 * Whoever types addresses can fill somebody's mailbox: `victim+1@`, `victim+2@` and so on are other subjects, with
 * limits of their own, but one mailbox. So what strangers ask for is counted by the mailbox too.
 */

/** So many messages that strangers ask for go to one mailbox, in an hour and in 24 hours. */
export const MAILBOX_MOST = { hour: 10, day: 30 };

/** A third, rounded up, is kept for recovery: other asks alone never use that up. */
export const keptForRecovery = (most: number): number => Math.ceil(most / 3);

/** The purposes that recover an account. Together they have the kept third. */
const RECOVERY: readonly string[] = ["password-reset", "reset-link"];

/** What is asked for by email: the address and account type as the ledger keeps them, and the purpose. */
type Asked = { address: string; accountType: string; purpose: string };

/**
 * The rule that holds a stranger's message to this mailbox back, or null. Asks are counted on the ledger: real ones and
 * decoys, codes and links of every purpose, live and demo, but for those that were held back themselves. Known
 * devices are not counted, nor is what no browser asked for. Call it under the mailbox's lock (`lockSubject`).
 *
 * With the whole part of recovery used up, one reset link an hour still goes to an address. It works in any browser, so
 * a stranger who uses up the mailbox's hour cannot keep the owner out. A link that was used does not count as that one.
 */
export async function mailboxHolds(tx: Tx, { address, accountType, purpose }: Asked): Promise<HeldRule | null> {
  const lately = sql`created_at > now() - interval '1 hour'`;
  const [row] = await tx.execute<{
    hour: number;
    hourOthers: number;
    day: number;
    dayOthers: number;
    links: number;
  }>(sql`
    select count(*) filter (where ${lately})::int as hour, count(*)::int as day,
      count(*) filter (where ${lately} and not recovers)::int as "hourOthers",
      count(*) filter (where not recovers)::int as "dayOthers",
      count(*) filter (where ${lately} and purpose = 'reset-link' and not is_verified and email = ${address} and user_type = ${accountType})::int as links
    from (select created_at, email, user_type, purpose, is_verified, purpose = any(${texts(RECOVERY)}) as recovers
      from otp_verifications
      where ${mailboxOf(sql`email`)} = ${mailboxOf(sql`${address}::text`)} and email is not null and device is null
        and browser is not null and held is null and created_at > now() - interval '24 hours') asked`);
  if (!row) throw new Error("a count returned no row");
  if (purpose === "reset-link" && row.links === 0) return null;
  const recovers = RECOVERY.includes(purpose);
  const isFull = (most: number, all: number, others: number) =>
    all >= most || (!recovers && others >= most - keptForRecovery(most));
  if (isFull(MAILBOX_MOST.hour, row.hour, row.hourOthers)) return "mailbox an hour";
  return isFull(MAILBOX_MOST.day, row.day, row.dayOthers) ? "mailbox a day" : null;
}
