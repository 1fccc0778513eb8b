import { type Account, holdById } from "@/accounts/accounts";
import { db, type Tx } from "@/db/client";
import { openers, type Purpose, policyFor } from "@/otp/policies";
import { lockSubject, type Subject } from "@/otp/subject";
import { compare, type Struck, spend, strike } from "@/otp/verify";
import type { Caller } from "./caller";
import { tellCode } from "./events";
import { accountAt, limited } from "./limit";
import { chargeGuess, forgiveGuesses, underCharge } from "./lockout";
import { type Outcome, refuse } from "./outcome";
import { noteRefusal, type Rule } from "./refusals";
import { turnOf } from "./turn";

/**
 * Checks a code and lets it earn its consequence: charge, compare, spend (law 3). The strike commits by itself;
 * the comparison stands outside any transaction; spending and its consequence commit together or not at all.
 * @param consequence is given the account that the code was asked for, held, where there is one
 */
export async function prove<T>(
  purpose: Purpose,
  subject: Subject,
  code: string,
  from: Caller,
  consequence: (tx: Tx, struck: Struck, account: Account | null) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const policy = policyFor(purpose, subject.channel);
  // What cannot be a code of this purpose burns no attempt (UX-01).
  if (!policy || code.length !== policy.digits)
    return refuse("BAD_REQUEST", { fieldErrors: { code: [`Enter the ${policy?.digits ?? 6} digits of the code.`] } });

  const account = await accountAt(subject, from);
  const tooMany = await limited("guesses", from, "code.check", { address: subject.address, account, purpose });
  if (tooMany) return tooMany;

  const outcome = await check();
  tellCode(outcome.ok ? "VERIFIED" : "VERIFICATION_FAILED", {
    purpose,
    subject,
    from,
    ...(outcome.ok ? {} : { reason: outcome.reason }),
  });
  return outcome;

  async function check(): Promise<Outcome<T>> {
    if (!policy || !from.browser) {
      await noteRefusal(from, "code.check", "no code in this browser", subject.address, purpose);
      return refuse("INVALID_CODE");
    }
    const guess = { policy, subject, browser: from.browser, code };
    const struck = await db().transaction((tx) => strike(tx, guess));
    if (!struck.ok) {
      const isExhausted = struck.reason === "exhausted";
      await noteRefusal(
        from,
        "code.check",
        isExhausted ? "attempts used up" : "no code in this browser",
        subject.address,
        purpose,
      );
      return isExhausted ? refuse("TOO_MANY_ATTEMPTS", { attemptsRemaining: 0 }) : refuse("INVALID_CODE");
    }
    const guessed = { ...subject, share: struck.share };
    // A guess that is not compared, because the day's budget is spent, does not count in a row.
    const charge = await chargeGuess(guessed, { counts: openers.includes(purpose) && !struck.isBudgetSpent });
    const isClosed = charge.inARow === "closed";
    const looked = charge.locked || isClosed ? { ...struck, digest: null } : struck;
    const turn = turnOf(from, struck.share, account);
    const matches = await underCharge(guessed, charge, from, () => compare(guess, looked, turn));
    if (!matches) {
      // Of a code that was compared, or of a decoy, the ledger tells.
      const rule = whyNotCompared({ isLocked: charge.locked, isClosed, isBudgetSpent: struck.isBudgetSpent });
      if (rule) await noteRefusal(from, "code.check", rule, subject.address, purpose);
      return refuse("INVALID_CODE", { attemptsRemaining: struck.left });
    }
    const { owner } = struck;
    return db().transaction(async (tx) => {
      // First the subject, as every ask does, then the account, then what hangs on it: see `holdById`.
      await lockSubject(tx, subject);
      const account = owner && (await holdById(tx, owner.accountType, owner.id));
      if (!(await spend(tx, struck))) return refuse("INVALID_CODE");
      const earned = await consequence(tx, struck, account);
      if (earned.ok) await forgiveGuesses(tx, guessed);
      return earned;
    });
  }
}

/** The rule that kept a guess from being compared; null where it was compared, or met a decoy. */
function whyNotCompared(guess: { isLocked: boolean; isClosed: boolean; isBudgetSpent: boolean }): Rule | null {
  if (guess.isLocked) return "locked out";
  if (guess.isClosed) return "guesses in a row";
  return guess.isBudgetSpent ? "guess budget" : null;
}
