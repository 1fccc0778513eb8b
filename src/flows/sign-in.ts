import { findByAddress, holdById, keepByAddress, signsIn, stateOf } from "@/accounts/accounts";
import { shareOf } from "@/accounts/devices";
import type { Identifier } from "@/accounts/identifier";
import { passwordMatches } from "@/accounts/passwords";
import { endSession } from "@/accounts/sessions";
import { db, type Tx } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { endBrowser } from "@/otp/browsers";
import { emailOtps, phoneOtps } from "@/otp/stores";
import type { Subject } from "@/otp/subject";
import { askForCode, type Plan, type Receipt } from "./ask";
import { audit } from "./audit";
import type { AskingCaller, Caller, SignedIn } from "./caller";
import { signIn } from "./consequences";
import { grantInvited } from "./first-admin";
import { limited } from "./limit";
import { chargeGuess, forgiveGuesses, underCharge } from "./lockout";
import { type Outcome, refuse } from "./outcome";
import { prove } from "./prove";
import { noteRefusal } from "./refusals";
import { turnOf } from "./turn";

/**
 * Signs in by password. Unknown, unproven and deactivated accounts and locked identifiers get a comparison with a dummy
 * hash and the same answer.
 */
export async function signInByPassword(
  identifier: Identifier,
  accountType: AccountType,
  password: string,
  from: Caller,
): Promise<Outcome<SignedIn>> {
  const subject: Subject = { accountType, ...identifier };
  const account = await findByAddress(db(), accountType, identifier);
  const tooMany = await limited("guesses", from, "session.start", { address: subject.address, account });
  if (tooMany) return tooMany;
  const guessed = { ...subject, share: await shareOf(db(), from.devices, subject) };
  const charge = await chargeGuess(guessed);
  const { locked } = charge;
  const mayTry = signsIn(stateOf(account, identifier.channel)) && !locked;
  const stored = mayTry ? (account?.password ?? null) : null;
  const turn = turnOf(from, guessed.share, account);
  const matches = await underCharge(guessed, charge, from, () => passwordMatches(password, stored, turn));
  if (!account || !matches) {
    const rule = locked ? "locked out" : mayTry ? "wrong password" : "no account to sign in to";
    await noteRefusal(from, "session.start", rule, subject.address);
    return refuse("INVALID_CREDENTIALS");
  }
  return db().transaction(async (tx) => {
    // Read again, because the comparison is slow: if the password has changed since, nothing is proven.
    const now = await holdById(tx, accountType, account.id);
    if (!now || now.password !== account.password) return refuse("INVALID_CREDENTIALS");
    await forgiveGuesses(tx, guessed);
    return signIn(tx, now, "password", from);
  });
}

/** Asks for a sign-in code, live or demo, by email or SMS (001). */
export function requestCode(
  identifier: Identifier,
  accountType: AccountType,
  from: AskingCaller,
): Promise<Outcome<Receipt>> {
  const subject: Subject = { accountType, ...identifier };
  return askForCode("sign-in", subject, from, (tx) => planSignIn(tx, subject));
}

async function planSignIn(tx: Tx, subject: Subject): Promise<Plan> {
  const account = await keepByAddress(tx, subject.accountType, subject);
  const owner = account && { accountType: account.accountType, id: account.id };
  const store = subject.channel === "email" ? emailOtps : phoneOtps;
  return { owner, store: signsIn(stateOf(account, subject.channel)) ? store : null, notice: null };
}

/** Checks a sign-in code. The right one signs this browser in, or adds a proof to its session (step-up). */
export function verifyCode(
  identifier: Identifier,
  accountType: AccountType,
  code: string,
  from: Caller,
): Promise<Outcome<SignedIn>> {
  const subject: Subject = { accountType, ...identifier };
  return prove("sign-in", subject, code, from, async (tx, struck, account) => {
    // Another account may have the address by now. A code proves the account that has it.
    const has = account && (subject.channel === "email" ? account.email : account.phoneNumber) === subject.address;
    if (!has) return refuse("INVALID_CODE");
    if (subject.channel === "email") await grantInvited(tx, account, from, struck.sNo);
    return signIn(tx, account, "code", from);
  });
}

/**
 * Ends this browser's session at once, and its open challenges, so that the next person at this browser finds none.
 * Without either it does nothing.
 */
export async function signOut(from: Caller): Promise<void> {
  const { session, browser } = from;
  if (!session && browser === null) return;
  await db().transaction(async (tx) => {
    // Of two sign-outs at once, one ends the session and is recorded.
    if (session && (await endSession(tx, session.id))) {
      const account = { accountType: session.accountType, id: session.accountId };
      await audit(tx, from, "session.end", { account });
    }
    if (browser !== null) await endBrowser(tx, browser);
  });
}
