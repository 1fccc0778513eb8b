import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import type { Owner } from "@/db/owner";
import { otpVerifications as ledger } from "@/db/schema/otp";
import type { Turn } from "@/turns";
import { type AskRefusal, refusalOf } from "./caps";
import { digestCode, drawCode } from "./code";
import { type Asker, counted, isLive, record, superseded } from "./ledger";
import { type Policy, potOf } from "./policies";
import type { NewChallenge, Registration, Store } from "./store";
import { lockSubject, type Subject, subjectKey } from "./subject";

/** An ask for a code: its asker, policy, subject and browser. */
export type Ask = Asker & { policy: Policy; subject: Subject; browser: string };

/** A code that was drawn for an ask, and its digest for each store that may hold it. */
export type Drawn = { code: string; digests: Map<Store, string>; ttlSeconds: number };

/** The flow's plan for an allowed ask: its owner, its store (null: a decoy) and its message. */
export type Allowed = {
  owner: Owner | null;
  store: Store | null;
  registration?: Registration | null | undefined;
  deliveryId: string;
  /** The rule that held the message back. A held ask writes no store's row and retires no older challenge. */
  held: HeldRule | null;
};

export type Issued = { ok: true; challenge: number; retired: number } | AskRefusal;

/** The flow's refusal of an ask that the ledger allows. Nothing is written. */
export type Refused<R extends string = string> = AskRefusal & { rule: R };

/** Draws a code. Call it before the transaction: bcrypt takes longer than a lock should be held. */
export async function draw({ policy, subject }: Pick<Ask, "policy" | "subject">, turn: Turn): Promise<Drawn> {
  const { purpose, hash } = policy;
  const code = drawCode(policy.digits);
  const digest = (store: string) => digestCode(code, { store, purpose, subject: subjectKey(subject) }, hash, turn);
  const digests = await Promise.all(policy.stores.map(async (store) => [store, await digest(store.name)] as const));
  return { code, digests: new Map(digests), ttlSeconds: policy.ttlSeconds };
}

/**
 * Issues a code: locks the subject, counts, retires older challenges, writes the ledger row and the store's.
 * `decide` runs under the lock, after the ask is allowed. Decoys and held asks take the same statements (laws 1, 4
 * and 5).
 */
export async function issue<R extends string = never>(
  tx: Tx,
  ask: Ask,
  { digests }: Drawn,
  decide: () => Promise<Allowed | Refused<R>>,
): Promise<Issued | Refused<R>> {
  const { policy, subject } = ask;
  await lockSubject(tx, subject);
  const refusal = await refusalOf(tx, ask, policy.purpose, policy.cooldownSeconds, potOf(policy.purpose));
  if (refusal) return refusal;

  const decided = await decide();
  if ("rule" in decided) return decided;
  const { owner, store, registration = null, deliveryId, held } = decided;
  const next = { purpose: policy.purpose, subject, owner, attempts: policy.attempts, registration };
  const retired = await retire(tx, ask, { next, real: held === null });
  const ledgerSNo = await record(tx, ask, { ...policy, owner, deliveryId, held });
  const home = store ?? policy.stores[0];
  const digest = digests.get(home);
  if (digest === undefined) throw new Error(`${policy.purpose} has no store ${home.name}`);
  const cells = { ledgerSNo, digest, ttlSeconds: policy.ttlSeconds, real: store !== null && held === null };
  await home.insert(tx, next, cells);
  return { ok: true, challenge: ledgerSNo, retired };
}

/**
 * Deletes the store rows of all older challenges of this subject, purpose and share (law 5), and returns how many.
 * Without `real` the same statements delete nothing.
 */
async function retire(
  tx: Tx,
  { policy, subject, share }: Ask,
  { next, real }: { next: NewChallenge; real: boolean },
): Promise<number> {
  const siblings = and(sql`${real}`, counted(subject, share), eq(ledger.purpose, policy.purpose));
  const ending = tx.update(ledger).set(superseded).where(and(siblings, isLive));
  // Spent and expired rows go too: 003 deletes used ones, and 002's unique address must be free again.
  const challenges = sql`select ${ledger.sNo} from ${ledger} where ${siblings}`;
  const [, ...counts] = await Promise.all([
    ending,
    ...policy.stores.map((store) => store.retire(tx, challenges, { next, real })),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}
