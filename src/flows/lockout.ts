import { findByAddress, holdById, stateOf } from "@/accounts/accounts";
import { setLockedUntil } from "@/accounts/changes";
import { db, type Tx } from "@/db/client";
import { enqueue } from "@/delivery/enqueue";
import { type Charge, chargeFailure, forgive, LOCKED_SECONDS, takeTelling } from "@/limits/lockout";
import type { Subject } from "@/otp/subject";
import { audit } from "./audit";
import type { Caller } from "./caller";

/** Whose failures count together: one identifier, known or not, in one share. */
type Guessed = Subject & { share: string | null };

/** Charges a guess as failed before it is compared; where `locked` it must not be compared at all (design, "lockout"). */
export const chargeGuess = (guessed: Guessed): Promise<Charge> => chargeFailure(db(), guessed);

/** Takes the charges back after a success, in its transaction, and opens what they had locked. */
export async function forgiveGuesses(tx: Tx, guessed: Guessed): Promise<void> {
  await forgive(tx, [guessed]);
  if (guessed.share !== null) return;
  const account = await findByAddress(tx, guessed.accountType, guessed);
  if (account?.lockedUntil) await setLockedUntil(tx, account, null);
}

/**
 * After the failure that locked an identifier: the owner is told, once a day, and the admins see it. An address without
 * an account takes a decoy of the same message.
 */
export async function tellLocked(guessed: Guessed, from: Caller): Promise<void> {
  await db().transaction(async (tx) => {
    const found = await findByAddress(tx, guessed.accountType, guessed);
    const account = found && (await holdById(tx, found.accountType, found.id));
    const state = stateOf(account, guessed.channel);
    const isOwned = state === "active" || state === "incomplete";
    if (account && guessed.share === null) await setLockedUntil(tx, account, LOCKED_SECONDS);
    if (await takeTelling(tx, guessed))
      await enqueue(tx, {
        channel: guessed.channel,
        to: guessed.address,
        message: { template: "locked-out", props: {} },
        decoy: !isOwned,
        expiresInSeconds: 24 * 3600,
      });
    await audit(tx, from, "lockout", { account, address: guessed.address });
  });
}
