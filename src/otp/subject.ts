import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Channel } from "@/db/channel";
import type { Tx } from "@/db/client";
import { takeSubjectLock } from "@/db/locks";
import { mailboxOf } from "@/db/mailbox";
import type { AccountType } from "@/db/owner";
import { otpVerifications } from "@/db/schema/otp";

/** Whom a code is for: a canonical address, of a live or a demo account. `country` is a number's, ISO. */
export type Subject = { accountType: AccountType; channel: Channel; address: string; country?: string };

/** The subject in one string: what is locked, and what digests are bound to. */
export function subjectKey({ accountType, channel, address }: Subject): string {
  return `${accountType}:${channel}:${address}`;
}

/**
 * Holds the subject to the end of the transaction, so that what is counted for it is exact (law 4). An email address is
 * held with its whole mailbox, live and demo alike, because a mailbox has limits of its own.
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
