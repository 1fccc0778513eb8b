import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Channel } from "@/db/channel";
import type { Tx } from "@/db/client";
import { takeSubjectLock } from "@/db/locks";
import { mailboxOf } from "@/db/mailbox";
import type { AccountType } from "@/db/owner";
import { otpVerifications } from "@/db/schema/otp";

/** The canonical address, of a live or a demo account, that a code is for. `country` is a number's ISO code. */
export type Subject = { accountType: AccountType; channel: Channel; address: string; country?: string };

/** The subject as one string. Locks use it, and digests are bound to it. */
export function subjectKey({ accountType, channel, address }: Subject): string {
  return `${accountType}:${channel}:${address}`;
}

/**
 * Locks the subject to the end of the transaction, so that its counts are exact (law 4). The lock of an email address
 * covers its whole mailbox, live and demo, because a mailbox has its own limits.
 */
export async function lockSubject(tx: Tx, subject: Subject): Promise<void> {
  const name =
    subject.channel === "email" ? mailboxOf(sql`${subject.address}::text`) : sql`${subjectKey(subject)}::text`;
  await takeSubjectLock(tx, name);
}

/** The ledger's rows of this subject. */
export function ofSubject({ accountType, channel, address }: Subject): SQL | undefined {
  const t = otpVerifications;
  return and(eq(channel === "email" ? t.email : t.phone, address), eq(t.userType, accountType));
}
