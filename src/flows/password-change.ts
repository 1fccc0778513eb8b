import { holdById, subjectsOf } from "@/accounts/accounts";
import { setPassword } from "@/accounts/changes";
import { forgetOtherDevices, shareOf } from "@/accounts/devices";
import { hashPassword, passwordFault, passwordMatches } from "@/accounts/passwords";
import { addProof, endSessionsOf, holdSession } from "@/accounts/sessions";
import { db } from "@/db/client";
import { endChallenges } from "@/otp/retire";
import { requireFresh } from "./access";
import { audit } from "./audit";
import type { Caller } from "./caller";
import { limited } from "./limit";
import { chargeGuess, forgiveGuesses, underCharge } from "./lockout";
import { notify } from "./notices";
import { accept, type Outcome, refuse } from "./outcome";
import { noteRefusal } from "./refusals";
import { turnOf } from "./turn";

/**
 * Changes the password, or sets a first one. The old one must be given, because a session alone is not enough. All
 * other sessions and challenges of the account end, and its other devices are forgotten, signed in or not, because one
 * may be a thief's. The owner is told.
 */
export async function changePassword(
  currentPassword: string | null,
  newPassword: string,
  from: Caller,
): Promise<Outcome<{ sessionSecret: string }>> {
  const access = await requireFresh(from);
  if (!access.ok) return access;
  const { account, session } = access.value;
  const address = account.email ?? account.phoneNumber;
  const tooMany = await limited("guesses", from, "password.change", { address, account });
  if (tooMany) return tooMany;
  const fault = passwordFault(newPassword, [account.name ?? "", account.username ?? "", account.email ?? ""]);
  if (fault) return refuse(fault);
  const [subject] = subjectsOf(account);
  const share = subject ? await shareOf(db(), from.devices, subject) : null;
  const turn = turnOf(from, share, account);
  if (account.password !== null && subject) {
    const guessed = { ...subject, share };
    const charge = await chargeGuess(guessed);
    const stored = charge.locked ? null : account.password;
    const matches = await underCharge(guessed, charge, from, () =>
      passwordMatches(currentPassword ?? "", stored, turn),
    );
    if (!matches) {
      // The session may be a thief's, so wrong guesses stand in the account's story.
      await noteRefusal(from, "password.change", charge.locked ? "locked out" : "wrong password", subject.address);
      return refuse("INVALID_CREDENTIALS", { fieldErrors: { currentPassword: ["That is not your password."] } });
    }
    await db().transaction((tx) => forgiveGuesses(tx, guessed));
  }
  const passwordHash = await hashPassword(newPassword, turn);
  return db().transaction(async (tx) => {
    // Hashing is slow: if the session has ended or the password has changed since, nothing is changed.
    const now = await holdById(tx, account.accountType, account.id);
    if (!(await holdSession(tx, session.id))) return refuse("UNAUTHORIZED");
    if (!now?.isActive || now.password !== account.password) return refuse("INVALID_CREDENTIALS");
    await setPassword(tx, now, passwordHash);
    await endSessionsOf(tx, now, session.id);
    await forgetOtherDevices(tx, now, session.id);
    await endChallenges(tx, now, subjectsOf(now));
    const sessionSecret = await addProof(tx, session.id, "password");
    await notify(tx, now, { template: "password-changed", props: { accountType: now.accountType } });
    await audit(tx, from, account.password === null ? "password.set" : "password.change", { account: now });
    return sessionSecret ? accept({ sessionSecret }) : refuse("UNAUTHORIZED");
  });
}
