import { eq, sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Channel } from "@/db/channel";
import type { Db, Tx } from "@/db/client";
import { type Owner, ownerOf } from "@/db/owner";
import {
  otpVerifications as ledger,
  passwordResetOtps,
  phoneOtps,
  emailVerificationTokens as tokens,
} from "@/db/schema/otp";
import { hashSecret, newSecret } from "@/secrets";
import { lifetimeOf, type TokenPurpose, tokenKinds } from "./token-kinds";

/** A token's owner, the browser that asked for it, if any, and the address that it proves. */
export type Redeemed = { owner: Owner; browser: string | null; channel: Channel; address: string };

/** Only this hash of a token is stored (001). */
export const hashToken = hashSecret;

/** Writes a reset token to the row of a proven reset code (004), and returns the token. */
export async function grantResetToken(tx: Tx, challenge: number): Promise<string> {
  const token = newSecret();
  const granted = {
    resetToken: hashToken(token),
    resetTokenExpiry: sql`now() + make_interval(secs => ${lifetimeOf("reset-token")})`,
  };
  for (const table of [passwordResetOtps, phoneOtps])
    await tx.update(table).set(granted).where(eq(table.ledgerSNo, challenge));
  return token;
}

/** Reads a token that may still be redeemed. Spends nothing. */
export async function peekToken(db: Db | Tx, purpose: TokenPurpose, token: string): Promise<Redeemed | null> {
  for (const { from, live, sNo } of tokenKinds[purpose].places) {
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

/** Spends a token, once under any concurrency. Null if it is unknown, used or expired. */
export async function redeemToken(tx: Tx, purpose: TokenPurpose, token: string): Promise<Redeemed | null> {
  for (const { from, live, spend, sNo } of tokenKinds[purpose].places) {
    // The ledger's row is always locked first: a sign-out of this browser locks it, and then deletes the token's row.
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
