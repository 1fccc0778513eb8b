import { type AccountType, findByEmail, holdById, stateOf } from "@/accounts/accounts";
import type { Identifier } from "@/accounts/identifier";
import { passwordMatches } from "@/accounts/passwords";
import { endSession } from "@/accounts/sessions";
import { db } from "@/db/client";
import type { Caller, SignedIn } from "./caller";
import { signIn } from "./consequences";
import { limited } from "./limit";
import { type Outcome, refuse } from "./outcome";

/** Signs in by password. Unknown, unproven and deactivated accounts take a dummy hash and the same answer. */
export async function signInByPassword(
  identifier: Identifier,
  accountType: AccountType,
  password: string,
  from: Caller,
): Promise<Outcome<SignedIn>> {
  const account = await findByEmail(db(), accountType, identifier.address);
  const tooMany = await limited("guesses", from, account);
  if (tooMany) return tooMany;
  const state = stateOf(account);
  const mayTry = state === "active" || state === "incomplete";
  const matches = await passwordMatches(password, mayTry ? (account?.password ?? null) : null);
  if (!account || !matches) return refuse("INVALID_CREDENTIALS");
  return db().transaction(async (tx) => {
    // Read again: the comparison took its time, and a password changed meanwhile is no longer proven.
    const now = await holdById(tx, accountType, account.id);
    if (!now || now.password !== account.password) return refuse("INVALID_CREDENTIALS");
    return signIn(tx, now, "password", from);
  });
}

/** Ends the session of this browser, at once; without one there is nothing to do. */
export async function signOut(from: Caller): Promise<void> {
  if (from.session) await endSession(db(), from.session.id);
}
