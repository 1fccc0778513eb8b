import { and, eq, gt, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Tx } from "@/db/client";
import { type Owner, ownerColumnOf, tableOf } from "@/db/owner";
import { users } from "@/db/schema/accounts";
import {
  otpVerifications as ledger,
  passwordResetOtps,
  phoneOtps,
  emailVerificationTokens as tokens,
} from "@/db/schema/otp";

/** Why a link is asked for. The codes' pots, budgets and lockout do not apply to links (law 10). */
export type LinkPurpose = "verification-link" | "reset-link";

/** What a token is redeemed for: a link's purpose, or the reset that a code earned (004). */
export type TokenPurpose = LinkPurpose | "reset-token";

/** A table that holds tokens: the condition of a live one, the statement that spends it, and its ledger number. */
type Place = { from: PgTable; live: (hash: string) => SQL; spend: SQL; sNo: SQL };

type TokenKind = {
  /** How long a token works. Seconds. */
  ttlSeconds: number;
  places: Place[];
};

type LinkKind = TokenKind & {
  /** Whether a new token may be kept for this owner now. Known and unknown owners take the same statements. */
  isFree(tx: Tx, owner: Owner): Promise<boolean>;
  /** Keeps the token. If the owner is nobody, the same statement keeps nothing. */
  save(tx: Tx, owner: Owner, hash: string, ledgerSNo: number): Promise<unknown>;
};

/** 004: how long a reset token or link works. Seconds. */
const RESET_SECONDS = 15 * 60;
/** 001: how long a verification link works. Seconds. */
const VERIFICATION_SECONDS = 24 * 3600;

/** The sum and the day keep PostgreSQL from reading the key backwards past everybody else's rows (`current.ts`). */
const newestOf = (owner: SQL) =>
  sql`(select max(${ledger.sNo} + 0) from ${ledger} where ${owner} and ${ledger.purpose} = 'reset-link' and ${ledger.held} is null
    and ${ledger.createdAt} > now() - interval '1 day')`;

/** The tables and rules of each purpose's tokens. */
export const tokenKinds: Record<LinkPurpose, LinkKind> & Record<TokenPurpose, TokenKind> = {
  /** 001: a link does not retire an older one. */
  "verification-link": {
    ttlSeconds: VERIFICATION_SECONDS,
    places: [
      {
        from: tokens,
        live: (hash) => sql`${tokens.token} = ${hash} and ${tokens.usedAt} is null and ${tokens.expiresAt} > now()`,
        spend: sql`update ${tokens} set used_at = now()`,
        sNo: sql`${tokens.ledgerSNo}`,
      },
    ],
    isFree: async () => true,
    save: (tx, owner, hash, ledgerSNo) =>
      tx.execute(sql`
        insert into ${tokens} (user_id, token, ledger_s_no, expires_at)
        select id, ${hash}, ${ledgerSNo}, now() + make_interval(secs => ${VERIFICATION_SECONDS}) from ${users} where id = ${owner.id}`),
  },
  /** 004, the older way. A live link is not replaced, so that strangers cannot end it. */
  "reset-link": {
    ttlSeconds: RESET_SECONDS,
    places: (["live", "demo"] as const).map((type) => {
      const accounts = tableOf(type);
      return {
        from: accounts,
        live: (hash) => sql`${accounts.resetToken} = ${hash} and ${accounts.resetTokenExpiry} > now()`,
        spend: sql`update ${accounts} set reset_token = null, reset_token_expiry = null`,
        sNo: newestOf(sql`${ownerColumnOf(ledger, type)} = ${accounts.id}`),
      };
    }),
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
  /** 004: the token is on the row of the code that earned it. The reset deletes the verified row. */
  "reset-token": {
    ttlSeconds: RESET_SECONDS,
    places: [
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
  },
};

/** How long a token works, for its message. Seconds. */
export const lifetimeOf = (purpose: TokenPurpose): number => tokenKinds[purpose].ttlSeconds;
