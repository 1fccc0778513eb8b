import { and, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { type Asker, counted } from "./ledger";
import { CODES_AN_HOUR } from "./policies";

/** A refusal by the ledger's counts. The same ask may succeed after `retryAfterSeconds`. */
export type AskRefusal = { ok: false; reason: "COOLDOWN" | "RATE_LIMITED"; retryAfterSeconds: number };

/**
 * Checks the purpose's cooldown, and 000's cap on the codes of its pot in an hour. Both windows slide. An empty pot has
 * no cap. Call it under the subject's lock.
 * @param among the rows that count, by default those of the asker's share
 */
export async function refusalOf(
  tx: Tx,
  { subject, share }: Asker,
  purpose: string,
  cooldownSeconds: number,
  pot: string[],
  among: SQL | undefined = counted(subject, share),
): Promise<AskRefusal | null> {
  // A proven code has no cooldown: a person may sign up, sign out and ask again at once.
  const newest = sql`max(${ledger.createdAt}) filter (where ${ledger.purpose} = ${purpose} and not ${ledger.isVerified})`;
  const filling = sql`array_agg(${ledger.createdAt} order by ${ledger.createdAt} desc) filter (where ${inArray(ledger.purpose, ["", ...pot])})`;
  // Not `now()`: after a wait for the lock, this transaction may have begun before the newest ask.
  const secondsLeft = (until: SQL) => sql<number | null>`ceil(extract(epoch from ${until} - clock_timestamp()))::int`;
  const [row] = await tx
    .select({
      cooldown: secondsLeft(sql`${newest} + make_interval(secs => ${cooldownSeconds})`),
      cap: secondsLeft(sql`(${filling})[${CODES_AN_HOUR}::int] + interval '1 hour'`),
    })
    .from(ledger)
    .where(and(among, gt(ledger.createdAt, sql`now() - interval '1 hour'`)));
  const { cap, cooldown } = row ?? {};
  if (cap && cap > 0) return { ok: false, reason: "RATE_LIMITED", retryAfterSeconds: cap };
  if (cooldown && cooldown > 0) return { ok: false, reason: "COOLDOWN", retryAfterSeconds: cooldown };
  return null;
}
