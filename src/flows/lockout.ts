import { type Account, findByAddress, signsIn, stateOf, subjectsOf } from "@/accounts/accounts";
import { setCodesClosedUntil, setLockedUntil } from "@/accounts/changes";
import type { Channel } from "@/db/channel";
import { db, type Tx } from "@/db/client";
import { NOBODY } from "@/db/owner";
import { enqueue } from "@/delivery/enqueue";
import {
  type Charge,
  CLOSED_SECONDS,
  chargeFailure,
  forgive,
  type Guessed,
  LOCKED_SECONDS,
  reopen,
  takeBack,
  takeTelling,
} from "@/limits/lockout";
import { DEVICE_LINK_SECONDS, makeDeviceLink } from "@/otp/device-links";
import { Busy } from "@/turns";
import { audit } from "./audit";
import type { Caller } from "./caller";

/**
 * Charges a guess as failed before it is compared. If the charge is `locked` or its `inARow` is `closed`, the guess
 * must not be compared (design, "lockout").
 * @param counts whether it counts in a row: a compared code that would open an account
 */
export const chargeGuess = (guessed: Guessed, { counts = false } = {}): Promise<Charge> =>
  chargeFailure(db(), guessed, { counts: counts && guessed.share === null });

/**
 * Compares under a charge. If this failure locks or closes, the owner is told. If the queue for bcrypt is full, nothing
 * is compared and the charge is taken back: otherwise a flood of sign-ins would lock out people who try again as told
 * (THR-10). A guess whose client hung up stays charged, and the owner is told as usual.
 */
export async function underCharge(
  guessed: Guessed,
  charge: Charge,
  from: Caller,
  compare: () => Promise<boolean>,
): Promise<boolean> {
  let matches: boolean;
  try {
    matches = await compare();
  } catch (fault) {
    if (!(fault instanceof Busy)) await tellOwner(guessed, charge, from);
    else if (!charge.locked) await takeBack(db(), guessed, charge);
    throw fault;
  }
  if (!matches) await tellOwner(guessed, charge, from);
  return matches;
}

/**
 * Takes the charges back after a success, in its transaction, and opens what they locked or closed. The account's row
 * is locked first, as everywhere, because two transactions with different orders would deadlock.
 */
export async function forgiveGuesses(tx: Tx, guessed: Guessed): Promise<void> {
  const account = await findByAddress(tx, guessed.accountType, guessed);
  if (guessed.share === null && account?.lockedUntil) await setLockedUntil(tx, account, null);
  await forgive(tx, [guessed]);
  if (account) await openCodes(tx, account);
}

/**
 * Opens the codes of all addresses of an account to strangers again: after a success on any device, after a link, or by
 * an admin. None of these is possible for a stranger.
 */
export async function openCodes(tx: Tx, account: Account): Promise<void> {
  if (account.codesClosedUntil) await setCodesClosedUntil(tx, account, null);
  await reopen(tx, subjectsOf(account));
}

/**
 * Tells the owner and the admins of the failure that locked or closed an identifier; after any other it does nothing.
 * The message holds a device link. The owner is told of a lock once a day. A closing needs no such limit, because a
 * hundred guesses take more than a day. An address that opens no account gets a decoy of the message.
 */
async function tellOwner(guessed: Guessed, { tripped, inARow }: Charge, from: Caller): Promise<void> {
  const closing = inARow === "closing";
  if (!tripped && !closing) return;
  await db().transaction(async (tx) => {
    const account = await findByAddress(tx, guessed.accountType, guessed);
    const isOwned = signsIn(stateOf(account, guessed.channel));
    const { accountType, address } = guessed;
    const owner = account && isOwned ? account : { accountType, id: NOBODY };
    if (tripped && guessed.share === null) await setLockedUntil(tx, owner, LOCKED_SECONDS);
    if (closing) await setCodesClosedUntil(tx, owner, CLOSED_SECONDS);
    const isNews = await takeTelling(tx, guessed);
    if (closing || isNews) {
      const token = await makeDeviceLink(tx, owner);
      await enqueue(tx, {
        ...whereToTell(guessed, isOwned ? account : null),
        message: { template: closing ? "codes-closed" : "locked-out", props: { accountType, token } },
        decoy: !isOwned,
        expiresInSeconds: DEVICE_LINK_SECONDS,
      });
    }
    if (tripped) await audit(tx, from, "lockout", { account, address });
    if (closing) await audit(tx, from, "guesses.close", { account, address });
  });
}

/** The owner's proven mailbox, or the phone if there is no mailbox. */
function whereToTell(guessed: Guessed, account: Account | null): { channel: Channel; to: string } {
  if (account?.email && account.emailVerified) return { channel: "email", to: account.email };
  return { channel: guessed.channel, to: guessed.address };
}
