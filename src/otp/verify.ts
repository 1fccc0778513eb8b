import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { codeMatches } from "./code";
import { isLive } from "./ledger";
import type { Policy, Purpose } from "./policies";
import type { Store } from "./store";
import { type Owner, ofSubject, type Subject, subjectKey } from "./subject";

/** A code typed by someone, for a subject, in a browser. */
export type Guess = { purpose: Purpose; policy: Policy; subject: Subject; browser: string; code: string };

/** A challenge that one attempt was charged to. `store` and `digest` are null for a decoy. */
export type Struck = { sNo: number; left: number; owner: Owner | null; store: Store | null; digest: string | null };

/** Why a code was not taken. `left` is what this browser's challenge has still, where it has one. */
export type Refused =
  | { ok: false; reason: "absent" }
  | { ok: false; reason: "mismatch"; left: number }
  | { ok: false; reason: "exhausted" };

/**
 * Charges one attempt to this browser's challenge, before anything is compared (law 3). Commit it by itself:
 * a strike that is rolled back is a free guess. From any other browser nothing is struck (law 6).
 */
export async function strike(
  tx: Tx,
  { purpose, policy, subject, browser }: Guess,
): Promise<({ ok: true } & Struck) | Refused> {
  const mine = and(ofSubject(subject), eq(ledger.purpose, purpose), eq(ledger.browser, browser));
  const newest = tx
    .select({ sNo: ledger.sNo })
    .from(ledger)
    .where(mine)
    .orderBy(desc(ledger.createdAt), desc(ledger.sNo))
    .limit(1);
  const [struck] = await tx
    .update(ledger)
    .set({ attempts: sql`${ledger.attempts} + 1` })
    .where(and(eq(ledger.sNo, sql`(${newest})`), lt(ledger.attempts, policy.attempts), isLive))
    .returning({ sNo: ledger.sNo, attempts: ledger.attempts, userId: ledger.userId, demoUserId: ledger.demoUserId });
  // Every store takes its statement, whether the challenge lies there, elsewhere or nowhere (law 1).
  const rows = await Promise.all(
    policy.stores.map(async (store) => {
      const found = await tx.execute<{ digest: string }>(sql`
        update ${store.table} set ${sql.identifier(store.attempts.name)} = ${store.attempts} + 1
        where ${store.ledger} = ${struck?.sNo ?? null} and ${store.unspent}
        returning ${store.digest} as digest`);
      return found[0] ? { store, digest: found[0].digest } : null;
    }),
  );
  if (!struck) {
    const [challenge] = await tx
      .select({ sNo: ledger.sNo })
      .from(ledger)
      .where(and(eq(ledger.sNo, sql`(${newest})`), isLive));
    return challenge ? { ok: false, reason: "exhausted" } : { ok: false, reason: "absent" };
  }
  const home = rows.find((row) => row !== null);
  return {
    ok: true,
    sNo: struck.sNo,
    left: policy.attempts - struck.attempts,
    owner: struck.userId
      ? { accountType: "live", id: struck.userId }
      : struck.demoUserId
        ? { accountType: "demo", id: struck.demoUserId }
        : null,
    store: home?.store ?? null,
    digest: home?.digest ?? null,
  };
}

/** Compares the guess with the struck challenge. Outside any transaction: it may take a while, and holds nothing. */
export function compare({ purpose, policy, subject, code }: Guess, { store, digest }: Struck): boolean {
  const { name } = store ?? policy.stores[0];
  return codeMatches(code, digest, { store: name, purpose, subject: subjectKey(subject) });
}

/**
 * Spends the challenge, if it is still live and nobody else has: under any concurrency this is true once.
 * Run the consequence in the same transaction, so that a fault in it leaves the code alive.
 */
export async function spend(tx: Tx, { sNo, store }: Struck): Promise<boolean> {
  if (!store) return false;
  const spent = await tx
    .update(ledger)
    .set({ isVerified: true, verifiedAt: sql`now()` })
    .where(and(eq(ledger.sNo, sNo), isLive))
    .returning({ sNo: ledger.sNo });
  if (spent.length === 0) return false;
  // 001 and 002: marked as verified, then deleted; in one transaction that is a deletion. The ledger remembers.
  const removed = await tx.execute(
    sql`delete from ${store.table} where ${store.ledger} = ${sNo} and ${store.unspent} returning 1`,
  );
  return removed.length === 1;
}
