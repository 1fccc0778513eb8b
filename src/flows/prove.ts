import { type Account, holdById } from "@/accounts/accounts";
import { db, type Tx } from "@/db/client";
import { openers, type Purpose, policyFor } from "@/otp/policies";
import { lockSubject, type Subject } from "@/otp/subject";
import { compare, type Guess, type Struck, spend, strike } from "@/otp/verify";
import type { Caller } from "./caller";
import { tellCode } from "./events";
import { accountAt, limited } from "./limit";
import { chargeGuess, forgiveGuesses, underCharge } from "./lockout";
import { type Outcome, refuse } from "./outcome";
import { noteRefusal, type Rule } from "./refusals";
import { turnOf } from "./turn";

/** The consequence of a right code. It gets the locked account that the code was asked for, if there is one. */
type Consequence<T> = (tx: Tx, struck: Struck, account: Account | null) => Promise<Outcome<T>>;

/**
 * Checks a code and runs its consequence: charge, compare, spend (law 3). The strike commits by itself. The comparison
 * is outside any transaction. The spending and its consequence commit together or not at all.
 */
export async function prove<T>(
  purpose: Purpose,
  subject: Subject,
  code: string,
  from: Caller,
  consequence: Consequence<T>,
): Promise<Outcome<T>> {
  const policy = policyFor(purpose, subject.channel);
  // A text that cannot be a code of this purpose uses no attempt (UX-01).
  if (!policy || code.length !== policy.digits)
    return refuse("BAD_REQUEST", { fieldErrors: { code: [`Enter the ${policy?.digits ?? 6} digits of the code.`] } });

  const account = await accountAt(subject, from);
  const tooMany = await limited("guesses", from, "code.check", { address: subject.address, account, purpose });
  if (tooMany) return tooMany;

  const { outcome, rule } = await check({ policy, subject, code }, account, from, consequence);
  if (rule) await noteRefusal(from, "code.check", rule, subject.address, purpose);
  tellCode(outcome.ok ? "VERIFIED" : "VERIFICATION_FAILED", {
    purpose,
    subject,
    from,
    ...(outcome.ok ? {} : { reason: outcome.reason }),
  });
  return outcome;
}

/** The outcome of a check, and the rule of a refusal. The ledger records compared codes and decoys. */
type Found<T> = { outcome: Outcome<T>; rule: Rule | null };

const noCode = { outcome: refuse("INVALID_CODE"), rule: "no code in this browser" } as const;
const usedUp = {
  outcome: refuse("TOO_MANY_ATTEMPTS", { attemptsRemaining: 0 }),
  rule: "attempts used up",
} as const;

/** @param account the one at this address, looked up only if somebody is signed in, because it may be their own */
async function check<T>(
  typed: Omit<Guess, "browser">,
  account: { id: string } | null,
  from: Caller,
  consequence: Consequence<T>,
): Promise<Found<T>> {
  if (!from.browser) return noCode;
  const { subject } = typed;
  const guess = { ...typed, browser: from.browser };
  const struck = await db().transaction((tx) => strike(tx, guess));
  if (!struck.ok) return struck.reason === "exhausted" ? usedUp : noCode;
  const guessed = { ...subject, share: struck.share };
  const { purpose } = typed.policy;
  // A guess that the day's budget keeps from comparison does not count in a row.
  const charge = await chargeGuess(guessed, { counts: openers.includes(purpose) && !struck.isBudgetSpent });
  const isClosed = charge.inARow === "closed";
  const looked = charge.locked || isClosed ? { ...struck, digest: null } : struck;
  const turn = turnOf(from, struck.share, account);
  const matches = await underCharge(guessed, charge, from, () => compare(guess, looked, turn));
  if (!matches)
    return {
      outcome: refuse("INVALID_CODE", { attemptsRemaining: struck.left }),
      rule: whyNotCompared({ isLocked: charge.locked, isClosed, isBudgetSpent: struck.isBudgetSpent }),
    };
  const { owner } = struck;
  const outcome = await db().transaction(async (tx) => {
    // The order of locks: the subject, as in every ask, then the account, then its rows. See `holdById`.
    await lockSubject(tx, subject);
    const askedFor = owner && (await holdById(tx, owner.accountType, owner.id));
    if (!(await spend(tx, struck))) return refuse("INVALID_CODE");
    const earned = await consequence(tx, struck, askedFor);
    if (earned.ok) await forgiveGuesses(tx, guessed);
    return earned;
  });
  return { outcome, rule: null };
}

/** The rule that kept a guess from comparison; null if it was compared or met a decoy. */
function whyNotCompared(guess: { isLocked: boolean; isClosed: boolean; isBudgetSpent: boolean }): Rule | null {
  if (guess.isLocked) return "locked out";
  if (guess.isClosed) return "guesses in a row";
  return guess.isBudgetSpent ? "guess budget" : null;
}
