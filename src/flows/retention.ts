import { deleteAccount, findById, subjectsOf } from "@/accounts/accounts";
import { sweepDevices } from "@/accounts/devices";
import { lockUnproven, sweepSessions } from "@/accounts/sweep";
import { inBatches } from "@/db/batches";
import { db, type Tx } from "@/db/client";
import { forgetRecipient, forgetRecipients } from "@/delivery/forget";
import { sweepDeliveries } from "@/delivery/sweep";
import { env } from "@/env";
import { sweepLockouts, sweepWindows } from "@/limits/sweep";
import { disown, forgetLedger } from "@/otp/forget";
import { endChallenges } from "@/otp/retire";
import type { Owner } from "@/otp/subject";
import { sweepCodes, sweepTokens } from "@/otp/sweep";

/**
 * Deletes an account and everything personal of it, in what was sent to its addresses and asked for them before they
 * were an account's, too. The ledger keeps its rows, which are then nobody's.
 */
export async function forgetAccount(tx: Tx, owner: Owner): Promise<void> {
  const account = await findById(tx, owner.accountType, owner.id);
  const subjects = account ? subjectsOf(account) : [];
  await endChallenges(tx, owner, subjects);
  const sent = await disown(tx, owner, subjects);
  const addresses = subjects.map(({ address }) => address);
  await forgetRecipient(tx, addresses, sent);
  await deleteAccount(tx, owner.accountType, owner.id);
}

/** Each hour: what is past its time goes. Safe to run twice, and by two at once. Returns how many rows of each. */
export async function sweepHourly(): Promise<Record<string, number>> {
  return {
    ...(await sweepCodes(db())),
    sessions: await sweepSessions(db()),
    known_devices: await sweepDevices(db()),
    limit_windows: await sweepWindows(db()),
    lockouts: await sweepLockouts(db()),
    unproven: await inBatches((batch) =>
      db().transaction(async (tx) => {
        const unproven = await lockUnproven(tx, batch);
        for (const owner of unproven) await forgetAccount(tx, owner);
        return unproven.length;
      }),
    ),
    ...(await sweepDeliveries()),
  };
}

/** Each day: what has been kept long enough is forgotten (`KEEP_ADDRESS_DAYS`, `KEEP_NETWORK_DAYS`). */
export async function forgetDaily(): Promise<Record<string, number>> {
  const { address, network } = env().keepDays;
  return {
    ...(await forgetLedger(db(), { addressDays: address, networkDays: network })),
    recipients: await forgetRecipients(db(), address),
  };
}

/** Each week: verification tokens older than a month (001). */
export async function sweepWeekly(): Promise<Record<string, number>> {
  return { email_verification_tokens: await sweepTokens(db()) };
}
