import { findByAddress, stateOf } from "@/accounts/accounts";
import { setLockedUntil } from "@/accounts/changes";
import { Busy } from "@/bcrypt";
import { db, type Tx } from "@/db/client";
import { enqueue } from "@/delivery/enqueue";
import { type Charge, chargeFailure, forgive, LOCKED_SECONDS, takeBack, takeTelling } from "@/limits/lockout";
import type { Subject } from "@/otp/subject";
import { audit } from "./audit";
import type { Caller } from "./caller";

/** Whose failures count together: one identifier, known or not, in one share. */
type Guessed = Subject & { share: string | null };

/** Charges a guess as failed before it is compared; where `locked` it must not be compared at all (design, "lockout"). */
export const chargeGuess = (guessed: Guessed): Promise<Charge> => chargeFailure(db(), guessed);

/**
 * Compares under a charge. Where too many others hash already nothing is, and the charge is taken back: a flood of
 * sign-ins would else lock out whoever comes again as often as they are told to (THR-10).
 */
export async function underCharge<T>(guessed: Guessed, charge: Charge, compare: () => Promise<T>): Promise<T> {
  try {
    return await compare();
  } catch (fault) {
    if (fault instanceof Busy && !charge.locked) await takeBack(db(), guessed, charge);
    throw fault;
  }
}

/**
 * Takes the charges back after a success, in its transaction, and opens what they had locked. The account's row first,
 * as everywhere: two that lock in another order would wait for each other.
 */
export async function forgiveGuesses(tx: Tx, guessed: Guessed): Promise<void> {
  const account = guessed.share === null ? await findByAddress(tx, guessed.accountType, guessed) : null;
  if (account?.lockedUntil) await setLockedUntil(tx, account, null);
  await forgive(tx, [guessed]);
}

/** No account has this id: what nobody has is noted with the statements of what somebody has. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/**
 * After the failure that locked an identifier: the owner is told, once a day, and the admins see it. An address that
 * opens no account takes a decoy of the same message.
 */
export async function tellLocked(guessed: Guessed, from: Caller): Promise<void> {
  await db().transaction(async (tx) => {
    const account = await findByAddress(tx, guessed.accountType, guessed);
    const state = stateOf(account, guessed.channel);
    const isOwned = state === "active" || state === "incomplete";
    const { accountType } = guessed;
    const locked = account && isOwned ? account : { accountType, id: NOBODY };
    if (guessed.share === null) await setLockedUntil(tx, locked, LOCKED_SECONDS);
    if (await takeTelling(tx, guessed))
      await enqueue(tx, {
        channel: guessed.channel,
        to: guessed.address,
        message: { template: "locked-out", props: { accountType } },
        decoy: !isOwned,
        expiresInSeconds: 24 * 3600,
      });
    await audit(tx, from, "lockout", { account, address: guessed.address });
  });
}
