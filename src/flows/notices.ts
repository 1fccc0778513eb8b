import type { Account } from "@/accounts/accounts";
import { parseIdentifier } from "@/accounts/identifier";
import type { Channel } from "@/db/channel";
import type { Tx } from "@/db/client";
import { enqueue } from "@/delivery/enqueue";
import type { TextMessage } from "@/delivery/messages";

/** The life of a notice. Seconds. */
const NOTICE_SECONDS = 24 * 3600;

/** Tells the owner what happened to the account, at every proven address (REC-05). */
export async function notify(tx: Tx, account: Account, message: TextMessage): Promise<void> {
  if (account.email && account.emailVerified) await notifyAt(tx, "email", account.email, message);
  if (account.phoneNumber && account.phoneVerified && isServed(account.phoneNumber))
    await notifyAt(tx, "sms", account.phoneNumber, message);
}

/** Whether this number still gets text messages: its country may have left `SMS_COUNTRIES` since it was proven. */
const isServed = (phone: string): boolean => !("fault" in parseIdentifier(phone));

/** Tells one address, for example the old one after a change. */
export async function notifyAt(tx: Tx, channel: Channel, to: string, message: TextMessage): Promise<void> {
  await enqueue(tx, { channel, to, message, decoy: false, expiresInSeconds: NOTICE_SECONDS });
}
