import { and, eq, gt, isNull, not, or, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { NOBODY, type Owner, ownerColumnOf, ownerOf, tableOf } from "@/db/owner";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import {
  otpVerifications as ledger,
  passwordResetOtps,
  phoneOtps,
  emailVerificationTokens as tokens,
} from "@/db/schema/otp";
import { hashSecret, newSecret } from "@/secrets";
import { type Asker, type AskRefusal, counted, record, refusalOf } from "./ledger";
import { type Channel, lockSubject, ofSubject, type Subject } from "./subject";

/** Why a link is asked for. Links stand outside the codes' pots, budgets and lockout (law 10). */
export type LinkPurpose = "verification-link" | "reset-link";

/** What a token may be redeemed for: a link's purpose, or the reset token that a reset code earned (004). */
export type TokenPurpose = LinkPurpose | "reset-token";

/** A token: whose it is, the browser that asked for it, where that is known, and the address it proves. */
export type Redeemed = { owner: Owner; browser: string | null; channel: Channel; address: string };

type Kind = {
  ttlSeconds: number;
  /** Whether a new token may be kept for this owner now; nobody is told apart by a statement less. */
  isFree(tx: Tx, owner: Owner): Promise<boolean>;
  /** Keeps the token, or for nobody takes the same statement and keeps nothing. */
  save(tx: Tx, owner: Owner, hash: string, ledgerSNo: number): Promise<unknown>;
};

/** 001 and 004: between two links of one purpose. Seconds. */
const COOLDOWN_SECONDS = 60;

/** 004: how long a reset token or link works. Seconds. */
export const RESET_SECONDS = 15 * 60;

const kinds: Record<LinkPurpose, Kind> = {
  /** 001: 24 hours; one link does not retire another. */
  "verification-link": {
    ttlSeconds: 24 * 3600,
    isFree: async () => true,
    save: (tx, owner, hash, ledgerSNo) =>
      tx.execute(sql`
        insert into ${tokens} (user_id, token, ledger_s_no, expires_at)
        select id, ${hash}, ${ledgerSNo}, now() + interval '24 hours' from ${users} where id = ${owner.id}`),
  },
  /** 004, the older way: 15 minutes. While one lives it stays the one, so that strangers can replace nothing. */
  "reset-link": {
    ttlSeconds: RESET_SECONDS,
    async isFree(tx, { accountType, id }) {
      const t = tableOf(accountType);
      const alive = and(eq(t.id, id), gt(t.resetTokenExpiry, sql`now()`));
      return (await tx.select({ id: t.id }).from(t).where(alive)).length === 0;
    },
    save: (tx, { accountType, id }, resetToken) =>
      tx
        .update(tableOf(accountType))
        .set({ resetToken, resetTokenExpiry: sql`now() + make_interval(secs => ${RESET_SECONDS})` })
        .where(eq(tableOf(accountType).id, id)),
  },
};

/** By a sum, and among a day's: the key alone would be read backwards past everybody else's rows (`ledger.ts`). */
const newestOf = (owner: SQL) =>
  sql`(select max(${ledger.sNo} + 0) from ${ledger} where ${owner} and ${ledger.purpose} = 'reset-link' and ${ledger.held} is null
    and ${ledger.createdAt} > now() - interval '1 day')`;

/** Where the tokens of a purpose lie, how a live one is told, and how one is spent: the one place that knows. */
const places: Record<TokenPurpose, { from: PgTable; live: (hash: string) => SQL; spend: SQL; sNo: SQL }[]> = {
  "verification-link": [
    {
      from: tokens,
      live: (hash) => sql`${tokens.token} = ${hash} and ${tokens.usedAt} is null and ${tokens.expiresAt} > now()`,
      spend: sql`update ${tokens} set used_at = now()`,
      sNo: sql`${tokens.ledgerSNo}`,
    },
  ],
  "reset-link": (["live", "demo"] as const).map((type) => {
    const accounts = tableOf(type);
    return {
      from: accounts,
      live: (hash) => sql`${accounts.resetToken} = ${hash} and ${accounts.resetTokenExpiry} > now()`,
      spend: sql`update ${accounts} set reset_token = null, reset_token_expiry = null`,
      sNo: newestOf(sql`${ownerColumnOf(ledger, type)} = ${accounts.id}`),
    };
  }),
  // 004: the row is kept, verified, until the reset; then it goes.
  "reset-token": [
    {
      from: passwordResetOtps,
      live: (hash) =>
        sql`${passwordResetOtps.resetToken} = ${hash} and ${passwordResetOtps.verified} and ${passwordResetOtps.resetTokenExpiry} > now()`,
      spend: sql`delete from ${passwordResetOtps}`,
      sNo: sql`${passwordResetOtps.ledgerSNo}`,
    },
    {
      from: phoneOtps,
      live: (hash) =>
        sql`${phoneOtps.resetToken} = ${hash} and ${phoneOtps.isUsed} and ${phoneOtps.resetTokenExpiry} > now()`,
      spend: sql`delete from ${phoneOtps}`,
      sNo: sql`${phoneOtps.ledgerSNo}`,
    },
  ],
};

/** What is stored of a token (001). */
export const hashToken = hashSecret;

/**
 * Issues a link: locks the subject, waits out the cooldown, writes the ledger row and keeps the token's hash.
 * `find` says whose it is under the lock, null for a decoy; `hold` names the rule that holds the message back, if one
 * does; `send` queues the mail, or a decoy's. What is held takes the statements of a decoy.
 */
export async function issueToken(
  tx: Tx,
  purpose: LinkPurpose,
  asker: Asker,
  {
    find,
    hold,
    send,
  }: {
    find: () => Promise<Owner | null>;
    hold: () => Promise<HeldRule | null>;
    /** With `real` false the token is nobody's, or another one lives. */
    send: (token: string, how: { real: boolean; held: boolean }) => Promise<string>;
  },
): Promise<{ ok: true } | AskRefusal> {
  await lockSubject(tx, asker.subject);
  // Whoever asks, on a known device or not: there is one link at a time. But where nothing went out, because the mailbox
  // is full of what strangers ask for, they make no known device wait.
  const ofOthers = asker.share === null ? undefined : or(isNull(ledger.held), counted(asker.subject, asker.share));
  const among = and(ofSubject(asker.subject), ofOthers);
  const refusal = await refusalOf(tx, asker, purpose, COOLDOWN_SECONDS, [], among);
  if (refusal) return refusal;
  const { ttlSeconds, isFree, save } = kinds[purpose];
  const token = newSecret();
  const held = await hold();
  const owner = await find();
  const nobody = { accountType: asker.subject.accountType, id: NOBODY };
  const isFreeNow = await isFree(tx, owner ?? nobody);
  const deliveryId = await send(token, { real: owner !== null && isFreeNow, held: held !== null });
  const sNo = await record(tx, asker, { purpose, ttlSeconds, owner, deliveryId, held });
  await save(tx, held === null && isFreeNow && owner ? owner : nobody, hashToken(token), sNo);
  return { ok: true };
}

/** Whether an ask for a link to this address has been answered by mail for as long as such a link lives. */
export async function wasAnswered(tx: Tx, purpose: LinkPurpose, subject: Subject): Promise<boolean> {
  const alive = gt(ledger.createdAt, sql`now() - make_interval(secs => ${kinds[purpose].ttlSeconds})`);
  const answered = await tx
    .select({ id: deliveries.id })
    .from(ledger)
    .innerJoin(deliveries, eq(deliveries.id, ledger.deliveryId))
    .where(and(ofSubject(subject), eq(ledger.purpose, purpose), alive, not(deliveries.decoy)))
    .limit(1);
  return answered.length > 0;
}

/**
 * Keeps a link's token for an account without asking, mailing or waiting for anything: the operator hands it over.
 * It replaces a reset link that lives.
 */
export async function handOutToken(tx: Tx, purpose: LinkPurpose, owner: Owner, subject: Subject): Promise<string> {
  const { ttlSeconds, save } = kinds[purpose];
  const token = newSecret();
  const asker = { subject, share: null, browser: null, ipAddress: null, userAgent: null };
  const sNo = await record(tx, asker, { purpose, ttlSeconds, owner, deliveryId: null, held: null });
  await save(tx, owner, hashToken(token), sNo);
  return token;
}

/** Lays the reset token that a proven reset code earns on its challenge's row (004), and returns it. */
export async function grantResetToken(tx: Tx, challenge: number): Promise<string> {
  const token = newSecret();
  const granted = {
    resetToken: hashToken(token),
    resetTokenExpiry: sql`now() + make_interval(secs => ${RESET_SECONDS})`,
  };
  for (const table of [passwordResetOtps, phoneOtps])
    await tx.update(table).set(granted).where(eq(table.ledgerSNo, challenge));
  return token;
}

/** Whose token this is, while it may still be redeemed; nothing is spent. */
export async function peekToken(db: Db | Tx, purpose: TokenPurpose, token: string): Promise<Redeemed | null> {
  for (const { from, live, sNo } of places[purpose]) {
    const [found] = await db.execute<{ s_no: string }>(
      sql`select ${sNo} as s_no from ${from} where ${live(hashToken(token))}`,
    );
    if (found)
      return redeemed(
        await db
          .select()
          .from(ledger)
          .where(eq(ledger.sNo, Number(found.s_no))),
      );
  }
  return null;
}

/** Spends a token, once under any concurrency; null when it is unknown, used or too old. */
export async function redeemToken(tx: Tx, purpose: TokenPurpose, token: string): Promise<Redeemed | null> {
  for (const { from, live, spend, sNo } of places[purpose]) {
    // The ledger's row first, as everywhere: a sign-out in this browser holds it, and then deletes the token's.
    await tx.execute(sql`select from ${ledger}
      where ${ledger.sNo} = (select ${sNo} from ${from} where ${live(hashToken(token))}) for no key update`);
    const [spent] = await tx.execute<{ s_no: string }>(
      sql`${spend} where ${live(hashToken(token))} returning ${sNo} as s_no`,
    );
    if (!spent) continue;
    const proven = { isVerified: true, verifiedAt: sql`coalesce(${ledger.verifiedAt}, now())` };
    return redeemed(
      await tx
        .update(ledger)
        .set(proven)
        .where(eq(ledger.sNo, Number(spent.s_no)))
        .returning(),
    );
  }
  return null;
}

function redeemed([row]: (typeof ledger.$inferSelect)[]): Redeemed | null {
  const owner = row && ownerOf(row);
  const address = row?.email ?? row?.phone;
  if (!owner || !address) return null;
  return { owner, browser: row.browser, channel: row.email ? "email" : "sms", address };
}

/** Deletes verification tokens older than a month (001, weekly). */
export function sweepTokens(db: Db): Promise<number> {
  return deleteInBatches(db, tokens, sql`created_at < now() - interval '1 month'`);
}
