import { createHash, randomBytes } from "node:crypto";
import { and, eq, gt, isNull, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { otpVerifications as ledger, emailVerificationTokens as tokens } from "@/db/schema/otp";
import { type Asker, type AskRefusal, record, refusalOf } from "./ledger";
import { lockSubject, type Owner, ownerOf } from "./subject";

/** Why a link is asked for. Links stand outside the codes' pots, budgets and lockout (law 10). */
export type LinkPurpose = "verification-link" | "reset-link";

/** A spent link: whose it was, and the browser that asked for it, where that is known. */
export type Redeemed = { owner: Owner; browser: string | null };

type Kind = {
  ttlSeconds: number;
  /** Whether a new token may be kept for this owner now; nobody is told apart by a statement less. */
  isFree(tx: Tx, owner: Owner): Promise<boolean>;
  /** Keeps the token, or for nobody takes the same statement and keeps nothing. */
  save(tx: Tx, owner: Owner, hash: string, ledgerSNo: number): Promise<unknown>;
  /** Spends the token, once: the ledger's row it was issued by, or null. */
  spend(tx: Tx, hash: string): Promise<SQL | null>;
};

/** 001 and 004: between two links of one purpose. Seconds. */
const COOLDOWN_SECONDS = 60;

/** No account has this id: a decoy takes the statements of a real link with it (law 1). */
const NOBODY = "00000000-0000-0000-0000-000000000000";

const accountsOf = (type: Owner["accountType"]) => (type === "live" ? users : demoUsers);
const newestOf = (owner: SQL) =>
  sql`(select max(${ledger.sNo}) from ${ledger} where ${owner} and ${ledger.purpose} = 'reset-link')`;

const kinds: Record<LinkPurpose, Kind> = {
  /** 001: 24 hours; one link does not retire another. */
  "verification-link": {
    ttlSeconds: 24 * 3600,
    isFree: async () => true,
    save: (tx, owner, hash, ledgerSNo) =>
      tx.execute(sql`
        insert into ${tokens} (user_id, token, ledger_s_no, expires_at)
        select id, ${hash}, ${ledgerSNo}, now() + interval '24 hours' from ${users} where id = ${owner.id}`),
    async spend(tx, hash) {
      const [row] = await tx
        .update(tokens)
        .set({ usedAt: sql`now()` })
        .where(and(eq(tokens.token, hash), isNull(tokens.usedAt), gt(tokens.expiresAt, sql`now()`)))
        .returning({ ledgerSNo: tokens.ledgerSNo });
      return row ? sql`${row.ledgerSNo}::bigint` : null;
    },
  },
  /** 004, the older way: 15 minutes. While one lives it stays the one, so that strangers can replace nothing. */
  "reset-link": {
    ttlSeconds: 15 * 60,
    async isFree(tx, { accountType, id }) {
      const t = accountsOf(accountType);
      return (
        (
          await tx
            .select({ id: t.id })
            .from(t)
            .where(and(eq(t.id, id), gt(t.resetTokenExpiry, sql`now()`)))
        ).length === 0
      );
    },
    save: (tx, { accountType, id }, resetToken) =>
      tx
        .update(accountsOf(accountType))
        .set({ resetToken, resetTokenExpiry: sql`now() + interval '15 minutes'` })
        .where(eq(accountsOf(accountType).id, id)),
    async spend(tx, hash) {
      for (const accountType of ["live", "demo"] as const) {
        const t = accountsOf(accountType);
        const spent = await tx
          .update(t)
          .set({ resetToken: null, resetTokenExpiry: null })
          .where(and(eq(t.resetToken, hash), gt(t.resetTokenExpiry, sql`now()`)))
          .returning({ id: t.id });
        const owner = accountType === "live" ? ledger.userId : ledger.demoUserId;
        if (spent[0]) return newestOf(eq(owner, spent[0].id));
      }
      return null;
    },
  },
};

/** What is stored of a token: SHA-256 in hexadecimal, as 001 has it. 32 random bytes need no key. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}

/**
 * Issues a link: locks the subject, waits out the cooldown, writes the ledger row and keeps the token's hash.
 * `find` says whose it is under the lock, null for a decoy; `send` queues the mail, or with `real` false a decoy's.
 */
export async function issueToken(
  tx: Tx,
  purpose: LinkPurpose,
  asker: Asker,
  find: () => Promise<Owner | null>,
  send: (token: string, real: boolean) => Promise<string>,
): Promise<{ ok: true } | AskRefusal> {
  await lockSubject(tx, asker.subject);
  const refusal = await refusalOf(tx, asker, purpose, COOLDOWN_SECONDS, []);
  if (refusal) return refusal;
  const { ttlSeconds, isFree, save } = kinds[purpose];
  const token = randomBytes(32).toString("base64url");
  const owner = await find();
  const addressee = owner ?? { accountType: asker.subject.accountType, id: NOBODY };
  const isFreeNow = await isFree(tx, addressee);
  const deliveryId = await send(token, owner !== null && isFreeNow);
  const sNo = await record(tx, asker, { purpose, ttlSeconds, owner, deliveryId });
  if (isFreeNow) await save(tx, addressee, hashToken(token), sNo);
  return { ok: true };
}

/** Spends a link's token, once under any concurrency; null when it is unknown, used or too old. */
export async function redeemToken(tx: Tx, purpose: LinkPurpose, token: string): Promise<Redeemed | null> {
  const sNo = await kinds[purpose].spend(tx, hashToken(token));
  if (!sNo) return null;
  const [row] = await tx
    .update(ledger)
    .set({ isVerified: true, verifiedAt: sql`now()` })
    .where(eq(ledger.sNo, sNo))
    .returning();
  const owner = row && ownerOf(row);
  return owner ? { owner, browser: row.browser } : null;
}
