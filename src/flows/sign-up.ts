import { holdById, keepByAddress, stateOf } from "@/accounts/accounts";
import type { Identifier } from "@/accounts/identifier";
import { hashPassword, passwordFault } from "@/accounts/passwords";
import { completeProfile, isUsernameTaken, type Profile } from "@/accounts/profile";
import { addProof, holdSession } from "@/accounts/sessions";
import { db, type Tx } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { emailOtps, otps, phoneOtps, signupOtps } from "@/otp/stores";
import type { Subject } from "@/otp/subject";
import { requireSession } from "./access";
import { askForCode, type Plan, type Receipt } from "./ask";
import { audit } from "./audit";
import type { AskingCaller, Caller, SignedIn } from "./caller";
import { answerAgain, keepCompletion } from "./completion";
import { proveSignUp } from "./consequences";
import { limited } from "./limit";
import { accept, type Outcome, refuse } from "./outcome";
import { prove } from "./prove";
import { turnOf } from "./turn";
import { isTaken } from "./unique-violation";

/** Asks for a sign-up code. The answer never shows whether the address has an account (table of account states). */
export function requestCode(
  identifier: Identifier,
  accountType: AccountType,
  from: AskingCaller,
): Promise<Outcome<Receipt>> {
  const subject: Subject = { accountType, ...identifier };
  return askForCode("sign-up", subject, from, (tx) => planSignUp(tx, subject));
}

/** 002's generation flow: `signup_otps` without an account, `otps` for an inactive one, a notice for an active one. */
async function planSignUp(tx: Tx, subject: Subject): Promise<Plan> {
  const account = await keepByAddress(tx, subject.accountType, subject);
  const owner = account && { accountType: account.accountType, id: account.id };
  const isMail = subject.channel === "email";
  switch (stateOf(account, subject.channel)) {
    case "none":
      return { owner, store: isMail ? signupOtps : phoneOtps, notice: null };
    case "unproven":
      // An address that an admin invited is proven by 001's own table.
      return { owner, store: isMail ? (account?.invitedAt ? emailOtps : otps) : phoneOtps, notice: null };
    case "incomplete":
      return { owner, store: isMail ? otps : phoneOtps, notice: null };
    case "active":
      return {
        owner,
        store: null,
        notice: { template: "already-registered", props: { accountType: subject.accountType } },
      };
    case "deactivated":
      return { owner, store: null, notice: { template: "account-deactivated", props: {} } };
    case "elsewhere":
      return { owner, store: null, notice: null };
  }
}

/** Checks a sign-up code. The right one creates or activates the account and signs this browser in. */
export function verifyCode(
  identifier: Identifier,
  accountType: AccountType,
  code: string,
  from: Caller,
): Promise<Outcome<SignedIn>> {
  const subject: Subject = { accountType, ...identifier };
  return prove("sign-up", subject, code, from, (tx, struck) => proveSignUp(tx, subject, struck, from));
}

const usernameTaken = refuse("TAKEN", { fieldErrors: { username: ["Someone has this username already."] } });

/**
 * Completes the profile of a signed-in account, once (001's last step: now it is active). A password may be set if
 * there is none; that counts as a proof, so the session's secret changes. `accountId` is the account that the page
 * showed: another tab may have signed in since. `secret` is the one in the session cookie: if the answer was lost, the
 * same call is answered again, once.
 */
export async function finishProfile(
  profile: Profile & { name: string },
  {
    password = null,
    accountId,
    secret = null,
  }: { password?: string | null | undefined; accountId?: string | undefined; secret?: string | null },
  from: Caller,
): Promise<Outcome<{ next: "account"; sessionSecret: string | null }>> {
  // Counted, because it hashes a password and shows whether a username is taken.
  const tooMany = await limited("guesses", from, "account.create");
  if (tooMany) return tooMany;
  const completion = { secret, body: { ...profile, password, accountId } };
  const access = await requireSession(from);
  if (!access.ok) return (await answerAgain(completion, from)) ?? access;
  const { account, session } = access.value;
  if (accountId !== undefined && accountId !== account.id) return refuse("FORBIDDEN");
  if (account.isProfileComplete) return (await answerAgain(completion, from)) ?? refuse("FORBIDDEN");
  if (password !== null && account.password !== null) return refuse("FORBIDDEN");
  if (profile.username && (await isUsernameTaken(db(), account.accountType, profile.username))) return usernameTaken;
  const fault =
    password === null ? null : passwordFault(password, [profile.name, profile.username ?? "", account.email ?? ""]);
  if (fault) return refuse(fault);
  // Hashed before the transaction, because bcrypt is too slow for a held lock.
  const passwordHash = password === null ? null : await hashPassword(password, turnOf(from, null, account));
  try {
    return await db().transaction(async (tx) => {
      // Hashing is slow: a session that has ended since sets no password.
      await holdById(tx, account.accountType, account.id);
      if (!(await holdSession(tx, session.id))) return refuse("UNAUTHORIZED");
      if (!(await completeProfile(tx, account, profile, passwordHash))) return refuse("FORBIDDEN");
      const sessionSecret = passwordHash ? await addProof(tx, session.id, "password") : null;
      await keepCompletion(tx, session.id, completion, from);
      await audit(tx, from, "account.create", { account });
      if (passwordHash) await audit(tx, from, "password.set", { account });
      return accept({ next: "account" as const, sessionSecret });
    });
  } catch (fault) {
    if (isTaken(fault, "username")) return usernameTaken;
    throw fault;
  }
}
