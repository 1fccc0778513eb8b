import { and, eq, gt, lt, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { type Owner, ownerOf } from "@/db/owner";
import { otpVerifications as ledger } from "@/db/schema/otp";
import type { Turn } from "@/turns";
import { codeMatches } from "./code";
import { answering } from "./current";
import { counted, isLive } from "./ledger";
import { GUESSES_A_DAY, type Policy } from "./policies";
import type { Store } from "./store";
import { lockSubject, ofSubject, type Subject, subjectKey } from "./subject";

/** A code that someone typed for a subject in a browser. */
export type Guess = { policy: Policy; subject: Subject; browser: string; code: string };

/**
 * A challenge that one attempt was charged to; `left` attempts remain. `store` is null for a decoy. `digest` is null
 * for a decoy and for a spent budget: the code is compared with a dummy digest, and the answer is the ordinary one.
 */
export type Struck = {
  sNo: number;
  left: number;
  owner: Owner | null;
  share: string | null;
  store: Store | null;
  digest: string | null;
  isBudgetSpent: boolean;
};

/** Why nothing was struck: this browser has no live challenge, or its attempts are used up. */
export type Unstruck = { ok: false; reason: "absent" | "exhausted" };

/**
 * Charges one attempt to this browser's challenge, before anything is compared (law 3). Commit it in its own
 * transaction: a strike that is rolled back is a free guess. A guess from another browser charges nothing (law 6).
 */
export async function strike(tx: Tx, guess: Guess): Promise<({ ok: true } & Struck) | Unstruck> {
  const { policy, subject, browser } = guess;
  await lockSubject(tx, subject);
  const mine = and(ofSubject(subject), eq(ledger.purpose, policy.purpose), eq(ledger.browser, browser));
  const newest = answering(tx, mine, policy.attempts);
  const [struck] = await tx
    .update(ledger)
    .set({ attempts: sql`${ledger.attempts} + 1` })
    .where(and(eq(ledger.sNo, newest), lt(ledger.attempts, policy.attempts), isLive))
    .returning();
  // Every store runs its statement, whether or not it holds the challenge (law 1).
  const share = struck?.device ?? null;
  const [isSpent, ...digests] = await Promise.all([
    isBudgetSpent(tx, guess, share),
    ...policy.stores.map((store) => store.strike(tx, struck?.sNo ?? null)),
  ]);
  if (!struck) {
    const live = await tx
      .select({ sNo: ledger.sNo })
      .from(ledger)
      .where(and(eq(ledger.sNo, newest), isLive));
    return { ok: false, reason: live.length > 0 ? "exhausted" : "absent" };
  }
  const at = digests.findIndex((digest) => digest !== null);
  return {
    ok: true,
    sNo: struck.sNo,
    left: policy.attempts - struck.attempts,
    owner: ownerOf(struck),
    share,
    store: policy.stores[at] ?? null,
    digest: isSpent ? null : (digests[at] ?? null),
    isBudgetSpent: isSpent,
  };
}

/**
 * Whether the budget is spent: too many wrong guesses at this subject, purpose and share in 24 hours, over all codes,
 * with the one just charged. A new code does not refill it (THR-01). No code lives longer than an hour, so the rows of
 * 25 hours hold every guess of 24.
 */
async function isBudgetSpent(tx: Tx, { policy, subject }: Guess, share: string | null): Promise<boolean> {
  const wrong = sql<number>`coalesce(sum(${ledger.attempts}) - count(*) filter (where ${ledger.isVerified}), 0)::int`;
  const theirs = and(counted(subject, share), eq(ledger.purpose, policy.purpose));
  const lately = gt(ledger.createdAt, sql`now() - interval '25 hours'`);
  const [day] = await tx.select({ wrong }).from(ledger).where(and(theirs, lately));
  return (day?.wrong ?? 0) > GUESSES_A_DAY;
}

/** Compares the guess with the struck challenge. Call it outside any transaction, because bcrypt is slow. */
export function compare({ policy, subject, code }: Guess, { store, digest }: Struck, turn: Turn): Promise<boolean> {
  const { name } = store ?? policy.stores[0];
  const binding = { store: name, purpose: policy.purpose, subject: subjectKey(subject) };
  return codeMatches(code, digest, binding, policy.hash, turn);
}

/**
 * Spends the challenge if it is still live. Under any concurrency this is true once. Run the consequence in the same
 * transaction: if it fails, the code stays live.
 */
export async function spend(tx: Tx, { sNo, store }: Struck): Promise<boolean> {
  if (!store) return false;
  const spent = await tx
    .update(ledger)
    .set({ isVerified: true, verifiedAt: sql`now()` })
    .where(and(eq(ledger.sNo, sNo), isLive))
    .returning({ sNo: ledger.sNo });
  return spent.length === 1 && store.spend(tx, sNo);
}
