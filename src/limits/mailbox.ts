import { sql } from "drizzle-orm";
import { texts } from "@/db/batches";
import type { Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { mailboxOf } from "@/db/mailbox";

/*
 * An attacker can fill a mailbox through `victim+1@`, `victim+2@` and so on: each is a subject with its own limits. So
 * strangers' asks are also counted for each mailbox.
 */

/** The most messages to one mailbox that strangers can ask for, in an hour and in 24 hours. */
export const MAILBOX_MOST = { hour: 10, day: 30 };

/** A third, rounded up, is kept for recovery. Other asks cannot use it. */
export const keptForRecovery = (most: number): number => Math.ceil(most / 3);

/** The purposes that recover an account. They share the kept third. */
const RECOVERY: readonly string[] = ["password-reset", "reset-link"];

/** An ask by email, with the ledger's spelling of address and account type. */
type Asked = { address: string; accountType: string; purpose: string };

/**
 * The rule that holds back a stranger's message to this mailbox, or null. It counts the asks on the ledger: real ones
 * and decoys, codes and links of every purpose, live and demo. It does not count held asks, asks of known devices, or
 * asks without a browser. Call it under the mailbox's lock (`lockSubject`).
 *
 * If recovery's part is used up, an address still gets one reset link an hour. The link works in any browser, so a
 * stranger who uses up the mailbox's hour cannot keep the owner out. A used link does not count as that one.
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
