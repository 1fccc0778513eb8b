import { and, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { hashSecret, newSecret } from "@/secrets";
import { isLive, superseded } from "./ledger";
import { purposes } from "./policies";
import { stores } from "./stores";

/** What the ledger keeps of a browser's id. */
export const hashBrowser = hashSecret;

/**
 * The ledger's rows that this browser may still have something open in. A link lives longest, for a day. A row that
 * another transaction holds at this moment is left out: it is being proven, struck or ended. To wait for it would be a
 * deadlock, because that transaction may be another sign-in of this browser, which waits for the row of this one.
 * As an array, so that they are changed one by one: joined, the whole ledger is read where a browser has many rows.
 */
const openOf = (tx: Tx, browser: string): SQL =>
  sql`any(array(${tx
    .select({ sNo: ledger.sNo })
    .from(ledger)
    .where(and(eq(ledger.browser, browser), gt(ledger.createdAt, sql`now() - interval '25 hours'`)))
    .for("no key update", { skipLocked: true })}))`;

/**
 * Gives a browser a new id at sign-in, so that whoever knew the one before has nothing in common with it any more. Its
 * open challenges, links and reset tokens move along. One statement, and the same for decoys (law 1).
 * @param browser the hash of its id until now
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
 * Ends what a browser has open, at sign-out: its codes are superseded, and their rows and reset tokens deleted. A link
 * still proves its address, but no browser has asked for it any more, so it signs nobody in (law 10).
 */
export async function endBrowser(tx: Tx, browser: string): Promise<void> {
  // An id that no cookie holds. Not null: a reset link that no browser asked for is an operator's (`mayRedeem`).
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
