import { holdByAddress, keepByAddress, stateOf } from "@/accounts/accounts";
import { db } from "@/db/client";
import { registrationOf, takeRegistration } from "@/otp/retire";
import { lockSubject, type Subject } from "@/otp/subject";
import { peekToken, redeemToken } from "@/otp/tokens";
import { askForLink } from "./ask-link";
import type { AskingCaller, Caller, SignedIn } from "./caller";
import { proveAccount, signIn } from "./consequences";
import { grantInvited } from "./first-admin";
import { limited } from "./limit";
import { openCodes } from "./lockout";
import { accept, type Outcome, refuse } from "./outcome";
import { prove } from "./prove";

const subjectOf = (email: string): Subject => ({ accountType: "live", channel: "email", address: email });

/**
 * Checks a passcode. The right one proves the address, gives the account the password that this browser registered
 * with, and signs it in. Only then is the passcode used (003).
 */
export function verifyCode(email: string, code: string, from: Caller): Promise<Outcome<SignedIn>> {
  const subject = subjectOf(email);
  return prove("verification", subject, code, from, async (tx, struck) => {
    const registration = await takeRegistration(tx, struck.sNo);
    const account = await proveAccount(tx, subject, from, { challenge: struck.sNo, registration });
    if (!account) return refuse("INVALID_CODE");
    await grantInvited(tx, account, from, struck.sNo);
    return signIn(tx, account, "code", from);
  });
}

/** Sends a link that proves an unproven address (001). Any other address gets a decoy. */
export function requestLink(email: string, from: AskingCaller): Promise<Outcome<{ ok: true }>> {
  const subject = subjectOf(email);
  return askForLink("verification-link", subject, from, async (tx) => {
    const account = await keepByAddress(tx, "live", subject);
    const isUnproven = account && stateOf(account) === "unproven";
    return { owner: isUnproven ? { accountType: "live", id: account.id } : null, notice: null };
  });
}

/**
 * Spends a verification link. It proves the address wherever it is clicked. It signs in only the browser that asked for
 * it, and uses only that browser's registration (law 10). Other browsers are led to sign-in.
 */
export async function confirmLink(
  token: string,
  from: Caller,
): Promise<Outcome<SignedIn | { next: "signin"; sessionSecret: null }>> {
  const tooMany = await limited("guesses", from, "email.prove");
  if (tooMany) return tooMany;
  const found = await peekToken(db(), "verification-link", token);
  if (!found) return refuse("INVALID_TOKEN");
  const subject = subjectOf(found.address);
  return db().transaction(async (tx) => {
    await lockSubject(tx, subject);
    const owner = await holdByAddress(tx, "live", subject);
    // The account may have another address now. A link proves only the address it was sent to.
    if (owner?.id !== found.owner.id || !(await redeemToken(tx, "verification-link", token)))
      return refuse("INVALID_TOKEN");
    const asked = found.browser !== null && found.browser === from.browser;
    const registration = asked ? await registrationOf(tx, owner.id, from.browser) : null;
    const account = await proveAccount(tx, subject, from, { registration });
    if (!account) return refuse("INVALID_TOKEN");
    await openCodes(tx, account);
    if (!asked) return accept({ next: "signin", sessionSecret: null });
    await grantInvited(tx, account, from);
    return signIn(tx, account, "code", from);
  });
}
