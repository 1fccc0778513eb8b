import { deleteAccount } from "@/accounts/accounts";
import { lockUnproven, sweepSessions } from "@/accounts/sweep";
import { inBatches } from "@/db/batches";
import { db, type Tx } from "@/db/client";
import { sweepDeliveries } from "@/delivery/sweep";
import { env } from "@/env";
import { sweepWindows } from "@/limits/sweep";
import { disown, forgetLedger } from "@/otp/forget";
import type { Owner } from "@/otp/subject";
import { sweepCodes, sweepTokens } from "@/otp/sweep";

/** Deletes an account and everything personal of it. The ledger keeps its rows, which are then nobody's. */
export async function forgetAccount(tx: Tx, owner: Owner): Promise<void> {
  await disown(tx, owner);
  await deleteAccount(tx, owner.accountType, owner.id);
}

/** Each hour: what is past its time goes. Safe to run twice, and by two at once. Returns how many rows of each. */
export async function sweepHourly(): Promise<Record<string, number>> {
  return {
    ...(await sweepCodes(db())),
    sessions: await sweepSessions(db()),
    limit_windows: await sweepWindows(db()),
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
  return forgetLedger(db(), { addressDays: address, networkDays: network });
}

/** Each week: verification tokens older than a month (001). */
export async function sweepWeekly(): Promise<Record<string, number>> {
  return { email_verification_tokens: await sweepTokens(db()) };
}
