import { and, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { hashSecret, newSecret } from "@/secrets";
import { isLive, superseded } from "./ledger";
import { purposes } from "./policies";
import { stores } from "./stores";

/** The ledger keeps only this hash of a browser's id. */
export const hashBrowser = hashSecret;

/**
 * The ledger's rows of this browser that may still be open. A link lives longest, for a day. Rows that another
 * transaction holds are left out: waiting could be a deadlock, because that transaction may be another sign-in of this
 * browser, which waits for this one's row. An array, because a join reads the whole ledger if a browser has many rows.
 */
const openOf = (tx: Tx, browser: string): SQL =>
  sql`any(array(${tx
    .select({ sNo: ledger.sNo })
    .from(ledger)
    .where(and(eq(ledger.browser, browser), gt(ledger.createdAt, sql`now() - interval '25 hours'`)))
    .for("no key update", { skipLocked: true })}))`;

/**
 * Gives a browser a new id at sign-in, so that the old id is worth nothing to anyone who knew it. Open challenges,
 * links and reset tokens move to the new id. Decoys move by the same statement (law 1).
 * @param browser the hash of the old id
 * @returns the new id, for its cookie
 */
export async function renewBrowser(tx: Tx, browser: string): Promise<string> {
  const id = newSecret();
  const rows = openOf(tx, browser);
  await tx
    .update(ledger)
    .set({ browser: hashBrowser(id) })
    .where(sql`${ledger.sNo} = ${rows}`);
  return id;
}

/**
 * Ends a browser's challenges at sign-out: its codes are superseded, and their rows and reset tokens are deleted. A
 * link still proves its address, but it belongs to no browser now, so it signs nobody in (law 10).
 */
export async function endBrowser(tx: Tx, browser: string): Promise<void> {
  // An id that no cookie holds. Null would mark a reset link as the operator's (`mayRedeem`).
  const nobody = hashBrowser(newSecret());
  const isOpenCode = and(inArray(ledger.purpose, [...purposes]), isLive);
  const rows = openOf(tx, browser);
  await tx
    .update(ledger)
    .set({
      browser: nobody,
      supersededAt: sql`case when ${isOpenCode} then ${superseded.supersededAt} else ${ledger.supersededAt} end`,
      expiresAt: sql`case when ${isOpenCode} then ${superseded.expiresAt} else ${ledger.expiresAt} end`,
    })
    .where(sql`${ledger.sNo} = ${rows}`);
  const ended = sql`select ${ledger.sNo} from ${ledger} where ${eq(ledger.browser, nobody)}`;
  for (const store of Object.values(stores)) await store.retire(tx, ended, { next: null, real: true });
}
