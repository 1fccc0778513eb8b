import { shareOf } from "@/accounts/devices";
import { db, type Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { mailboxHolds } from "@/limits/mailbox";
import type { Asker } from "@/otp/ledger";
import type { Subject } from "@/otp/subject";
import type { AskingCaller } from "./caller";

/**
 * Who asks for a code or a link, and the share the ask is counted in: a known device's, or a live session's of the very
 * account that is asked for, else the strangers'. A session without a known device (its cookie was cleared) is a share of
 * its own.
 * @param account the account at the subject's address, looked up where somebody is signed in
 */
export async function askerOf(subject: Subject, from: AskingCaller, account: { id: string } | null): Promise<Asker> {
  const { browser, ipAddress, userAgent, session } = from;
  const isOwn = session !== null && session.accountId === account?.id;
  const share = (await shareOf(db(), from.devices, subject)) ?? (isOwn ? session.id : null);
  return { subject, share, browser, ipAddress, userAgent };
}

/** The rule that holds back what is asked for by email, or null. What known devices ask for is not held. */
export async function mailHolds(tx: Tx, { subject, share }: Asker, purpose: string): Promise<HeldRule | null> {
  return share === null ? mailboxHolds(tx, { ...subject, purpose }) : null;
}
