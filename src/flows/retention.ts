import { deleteAccount, holdById, othersAmong, subjectsOf } from "@/accounts/accounts";
import { forgetPending, sweepPending } from "@/accounts/changes";
import { sweepCompletions } from "@/accounts/completion";
import { forgetDevices, sweepDevices } from "@/accounts/devices";
import { endSessionsOf, sweepSessions } from "@/accounts/sessions";
import { findUnproven, holdUnproven } from "@/accounts/unproven";
import { inBatches } from "@/db/batches";
import type { Channel } from "@/db/channel";
import { db, type Tx } from "@/db/client";
import { type AccountType, NOBODY, type Owner } from "@/db/owner";
import { forgetRecipient, forgetRecipients } from "@/delivery/forget";
import { sweepInbox } from "@/delivery/inbox";
import { sweepDeliveries, sweepQueued } from "@/delivery/old-deliveries";
import { env } from "@/env";
import { sweepLockouts } from "@/limits/lockout";
import { sweepRefusalCounts } from "@/limits/refusals";
import { sweepWindows } from "@/limits/windows";
import { sweepDeviceLinks } from "@/otp/device-links";
import { deliveriesOf, disown, forgetAddresses, forgetNetworks, provenBy } from "@/otp/forget";

import { endChallenges } from "@/otp/retire";
import { stores } from "@/otp/stores";
import type { Subject } from "@/otp/subject";
import { sweepTokens } from "@/otp/tokens";
import { type Pass, round, type Step } from "./round";

/**
 * Deletes an account and everything personal of it, in what was sent to its addresses, former ones too, and asked for
 * them before they were an account's. The ledger keeps its rows, which are then nobody's. An address that is another
 * account's by now, or a live and a demo account's at once, is forgotten only as this one's.
 * @param heir the account that has just proven the address of this one to be its own
 */
export async function forgetAccount(tx: Tx, owner: Owner, heir?: Owner): Promise<void> {
  const account = await holdById(tx, owner.accountType, owner.id);
  const current = account ? subjectsOf(account) : [];
  const gone = await notAnothers(tx, owner, [...current, ...(await provenBy(tx, owner))]);
  // Messages before the ledger, as the worker takes them when one is sent: see `holdById`.
  await forgetRecipient(
    tx,
    gone.map(({ address }) => address),
    deliveriesOf(owner, current),
  );
  await endChallenges(tx, owner, current);
  const ours = [...current, ...gone];
  for (const channel of ["email", "sms"] as const)
    await forgetPending(tx, owner.accountType, channel, addressesOf(ours, channel));
  await disown(tx, owner, ours, heir);
  // Sessions first: each device that is deleted looks for the sessions that point to it.
  await endSessionsOf(tx, owner);
  await forgetDevices(tx, owner);
  await deleteAccount(tx, owner.accountType, owner.id);
}

const addressesOf = (subjects: Subject[], channel: Channel) =>
  subjects.filter((subject) => subject.channel === channel).map(({ address }) => address);

/** Those of an account's addresses, now and before, that are not, proven, another account's too. */
async function notAnothers(tx: Tx, owner: Owner, subjects: Subject[]): Promise<Subject[]> {
  const others = {
    email: await othersAmong(tx, owner.id, "email", addressesOf(subjects, "email")),
    sms: await othersAmong(tx, owner.id, "sms", addressesOf(subjects, "sms")),
  };
  return subjects.filter(({ channel, address }) => !others[channel].has(address));
}

/**
 * Deletes accounts that nobody has proven in a day, each in a transaction of its own. One that cannot be deleted is
 * passed by, so that those after it have their turn; the next round tries it again.
 */
async function sweepUnproven(accountType: AccountType, pass: Pass): Promise<number> {
  let after = NOBODY; // the lowest id of all
  let done = 0;
  await inBatches(async (batch) => {
    const found = await findUnproven(db(), accountType, after, batch);
    after = found.at(-1) ?? after;
    for (const id of found)
      try {
        if (await deleteUnproven({ accountType, id })) done += 1;
      } catch (fault) {
        pass(fault);
      }
    return found.length;
  });
  return done;
}

/** Whether there was one to delete: it may have been proven, or deleted by another sweep, meanwhile. */
function deleteUnproven(owner: Owner): Promise<boolean> {
  return db().transaction(async (tx) => {
    if (!(await holdUnproven(tx, owner))) return false;
    await forgetAccount(tx, owner);
    return true;
  });
}

/**
 * Each hour: what is past its time goes. Safe to run twice, and by two at once.
 * @returns how many rows of each
 * @throws {RoundFault} once all that could be done is done
 */
export function sweepHourly(): Promise<Record<string, number>> {
  return round({
    // Codes whose time is over (001, 002), by the name of their table.
    ...Object.fromEntries(Object.values(stores).map(({ name, sweep }): [string, Step] => [name, () => sweep(db())])),
    sessions: () => sweepSessions(db()),
    completions: () => sweepCompletions(db()),
    known_devices: () => sweepDevices(db()),
    limit_windows: () => sweepWindows(db()),
    lockouts: () => sweepLockouts(db()),
    pending: () => sweepPending(db()),
    // Before the accounts: an expired message must not lie sealed until they are done.
    inboxMessages: () => sweepInbox(db()),
    deliveries: () => sweepQueued(db()),
    unproven: (pass) => sweepUnproven("live", pass),
    unprovenDemo: (pass) => sweepUnproven("demo", pass),
  });
}

/**
 * Each day: what has been kept long enough is forgotten (`KEEP_ADDRESS_DAYS`, `KEEP_NETWORK_DAYS`).
 * @throws {RoundFault} once all that could be done is done
 */
export function forgetDaily(): Promise<Record<string, number>> {
  const { address, network } = env().keepDays;
  return round({
    addresses: () => forgetAddresses(db(), address),
    networks: () => forgetNetworks(db(), network),
    recipients: () => forgetRecipients(db(), address),
    oldDeliveries: () => sweepDeliveries(db(), network),
    refusal_counts: () => sweepRefusalCounts(db(), network),
  });
}

/** Each week: verification tokens older than a month (001), and device links that are over. */
export function sweepWeekly(): Promise<Record<string, number>> {
  return round({ email_verification_tokens: () => sweepTokens(db()), device_links: () => sweepDeviceLinks(db()) });
}
