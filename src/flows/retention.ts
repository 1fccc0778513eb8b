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
 * Deletes an account and everything personal of it, also in messages to its addresses and asks for them, former
 * addresses too. The ledger keeps its rows without an owner. An address that another account has now, or that a live
 * and a demo account share, is forgotten only for this account.
 * @param heir the account that has just proven this account's address
 */
export async function forgetAccount(tx: Tx, owner: Owner, heir?: Owner): Promise<void> {
  const account = await holdById(tx, owner.accountType, owner.id);
  const current = account ? subjectsOf(account) : [];
  const gone = await notAnothers(tx, owner, [...current, ...(await provenBy(tx, owner))]);
  // Messages before the ledger: the order in which the worker locks them. See `holdById`.
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
  // Sessions first, because each deleted device looks for sessions that refer to it.
  await endSessionsOf(tx, owner);
  await forgetDevices(tx, owner);
  await deleteAccount(tx, owner.accountType, owner.id);
}

const addressesOf = (subjects: Subject[], channel: Channel) =>
  subjects.filter((subject) => subject.channel === channel).map(({ address }) => address);

/** The present and former addresses of an account, without those that another account has proven. */
async function notAnothers(tx: Tx, owner: Owner, subjects: Subject[]): Promise<Subject[]> {
  const others = {
    email: await othersAmong(tx, owner.id, "email", addressesOf(subjects, "email")),
    sms: await othersAmong(tx, owner.id, "sms", addressesOf(subjects, "sms")),
  };
  return subjects.filter(({ channel, address }) => !others[channel].has(address));
}

/**
 * Deletes accounts that nobody has proven in a day, each in its own transaction. One that cannot be deleted is skipped,
 * so that the others are reached; the next round tries it again.
 */
async function sweepUnproven(accountType: AccountType, pass: Pass): Promise<number> {
  let after = NOBODY; // the lowest id
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

/** Returns whether it was deleted: it may have been proven, or deleted by another sweep, since. */
function deleteUnproven(owner: Owner): Promise<boolean> {
  return db().transaction(async (tx) => {
    if (!(await holdUnproven(tx, owner))) return false;
    await forgetAccount(tx, owner);
    return true;
  });
}

/**
 * The hourly sweep of everything that has expired. Safe to run twice and in parallel.
 * @returns how many rows of each
 * @throws {RoundFault} at the end, if steps met faults
 */
export function sweepHourly(): Promise<Record<string, number>> {
  return round({
    // Expired codes (001, 002), by the name of their table.
    ...Object.fromEntries(Object.values(stores).map(({ name, sweep }): [string, Step] => [name, () => sweep(db())])),
    sessions: () => sweepSessions(db()),
    completions: () => sweepCompletions(db()),
    known_devices: () => sweepDevices(db()),
    limit_windows: () => sweepWindows(db()),
    lockouts: () => sweepLockouts(db()),
    pending: () => sweepPending(db()),
    // Before the accounts, because an expired message must not stay sealed until they are done.
    inboxMessages: () => sweepInbox(db()),
    deliveries: () => sweepQueued(db()),
    unproven: (pass) => sweepUnproven("live", pass),
    unprovenDemo: (pass) => sweepUnproven("demo", pass),
  });
}

/**
 * The daily round: forgets addresses and networks after their time (`KEEP_ADDRESS_DAYS`, `KEEP_NETWORK_DAYS`).
 * @throws {RoundFault} at the end, if steps met faults
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

/** The weekly sweep: verification tokens older than a month (001), and expired device links. */
export function sweepWeekly(): Promise<Record<string, number>> {
  return round({ email_verification_tokens: () => sweepTokens(db()), device_links: () => sweepDeviceLinks(db()) });
}
