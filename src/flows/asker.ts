import { shareOf } from "@/accounts/devices";
import { db, type Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { mailboxHolds } from "@/limits/mailbox";
import type { Asker } from "@/otp/ledger";
import type { Subject } from "@/otp/subject";
import type { AskingCaller } from "./caller";
import { ownSession } from "./turn";

/**
 * Finds the asker of a code or link, and the share that counts the ask: that of a known device of the account, else of
 * a live session of the account, else the strangers'. A session has no known device if the device cookie was cleared.
 * @param account the account at the subject's address; it is looked up only if somebody is signed in
 */
export async function askerOf(subject: Subject, from: AskingCaller, account: { id: string } | null): Promise<Asker> {
  const { browser, ipAddress, userAgent } = from;
  const share = (await shareOf(db(), from.devices, subject)) ?? ownSession(from, account)?.id ?? null;
  return { subject, share, browser, ipAddress, userAgent };
}

/** The rule that holds an ask by email, or null. Asks of known devices are not held. */
export async function mailHolds(tx: Tx, { subject, share }: Asker, purpose: string): Promise<HeldRule | null> {
  return share === null ? mailboxHolds(tx, { ...subject, purpose }) : null;
}
