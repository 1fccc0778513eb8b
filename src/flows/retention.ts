import { deleteAccount, findByAddress, holdById, stateOf, subjectsOf } from "@/accounts/accounts";
import { forgetPending } from "@/accounts/changes";
import { sweepDevices } from "@/accounts/devices";
import { lockUnproven, sweepPending, sweepSessions } from "@/accounts/sweep";
import { inBatches } from "@/db/batches";
import { db, type Tx } from "@/db/client";
import { forgetRecipient, forgetRecipients } from "@/delivery/forget";
import { sweepDeliveries } from "@/delivery/sweep";
import { env } from "@/env";
import { sweepLockouts, sweepWindows } from "@/limits/sweep";
import { sweepDeviceLinks } from "@/otp/device-links";
import { disown, forgetLedger, tracesOf } from "@/otp/forget";
import { endChallenges } from "@/otp/retire";
import type { Owner, Subject } from "@/otp/subject";
import { sweepCodes, sweepTokens } from "@/otp/sweep";

/**
 * Deletes an account and everything personal of it, in what was sent to its addresses, former ones too, and asked for
 * them before they were an account's. The ledger keeps its rows, which are then nobody's. An address that is another
 * account's by now, or a live and a demo account's at once, is forgotten only as this one's.
 * @param heir the account that has just proven the address of this one to be its own
 */
export async function forgetAccount(tx: Tx, owner: Owner, heir?: Owner): Promise<void> {
  const account = await holdById(tx, owner.accountType, owner.id);
  const current = account ? subjectsOf(account) : [];
  const { deliveries, proven } = await tracesOf(tx, owner, current);
  const gone: Subject[] = [];
  for (const subject of [...current, ...proven]) if (!(await isAnothers(tx, owner, subject))) gone.push(subject);
  // Messages before the ledger, as the worker takes them when one is sent: see `holdById`.
  await forgetRecipient(
    tx,
    gone.map(({ address }) => address),
    deliveries,
  );
  await endChallenges(tx, owner, current);
  const ours = [...current, ...gone];
  for (const subject of ours) await forgetPending(tx, subject);
  await disown(tx, owner, ours, heir);
  await deleteAccount(tx, owner.accountType, owner.id);
}

/** Whether an address is, proven, another account's too: of the other type, or since this one has given it up. */
async function isAnothers(tx: Tx, owner: Owner, subject: Subject): Promise<boolean> {
  for (const type of ["live", "demo"] as const) {
    const found = await findByAddress(tx, type, subject);
    if (found && found.id !== owner.id && stateOf(found) !== "unproven") return true;
  }
  return false;
}

/** Each hour: what is past its time goes. Safe to run twice, and by two at once. Returns how many rows of each. */
export async function sweepHourly(): Promise<Record<string, number>> {
  return {
    ...(await sweepCodes(db())),
    sessions: await sweepSessions(db()),
    known_devices: await sweepDevices(db()),
    limit_windows: await sweepWindows(db()),
    lockouts: await sweepLockouts(db()),
    pending: await sweepPending(db()),
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

/** Each week: verification tokens older than a month (001), and device links that are over. */
export async function sweepWeekly(): Promise<Record<string, number>> {
  return { email_verification_tokens: await sweepTokens(db()), device_links: await sweepDeviceLinks(db()) };
}
