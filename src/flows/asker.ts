import { shareOf } from "@/accounts/devices";
import { db, type Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { mailboxHolds } from "@/limits/mailbox";
import type { Asker } from "@/otp/ledger";
import type { Subject } from "@/otp/subject";
import type { AskingCaller } from "./caller";
import { ownSession } from "./turn";

/**
 * Who asks for a code or a link, and the share that the ask is counted in: that of a known device of the account that is
 * asked for, else that of a live session of it, else the strangers'. A session has no known device where the cookie was
 * cleared.
 * @param account the account at the subject's address; it is looked up only where somebody is signed in
 */
export async function askerOf(subject: Subject, from: AskingCaller, account: { id: string } | null): Promise<Asker> {
  const { browser, ipAddress, userAgent } = from;
  const share = (await shareOf(db(), from.devices, subject)) ?? ownSession(from, account)?.id ?? null;
  return { subject, share, browser, ipAddress, userAgent };
}

/** The rule that holds back what is asked for by email, or null. What known devices ask for is not held. */
export async function mailHolds(tx: Tx, { subject, share }: Asker, purpose: string): Promise<HeldRule | null> {
  return share === null ? mailboxHolds(tx, { ...subject, purpose }) : null;
}
