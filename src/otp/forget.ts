import { and, eq, isNotNull, isNull, lt, notLike, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { inBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { FORGOTTEN, forget } from "@/keys";
import { type Owner, ofSubject, type Subject } from "./subject";

/** The columns a row may be remembered by. */
type Traces = { email: string | null; phone: string | null; ipAddress: string | null; userAgent: string | null };

const isKnown = (column: PgColumn) => and(isNotNull(column), notLike(column, `${FORGOTTEN}%`));
const forgotten = (value: string | null) => (value === null || value.startsWith(FORGOTTEN) ? value : forget(value));

/**
 * Forgets what the ledger need not know any more: addresses in rows without an account after `addressDays`, IP
 * addresses and user agents after `networkDays`. The rows stay, so every total does. Safe to run twice.
 * @returns how many rows were rewritten.
 */
export async function forgetLedger(
  db: Db,
  terms: { addressDays: number; networkDays: number },
): Promise<{ addresses: number; networks: number }> {
  const ownerless = and(isNull(ledger.userId), isNull(ledger.demoUserId));
  const addresses = await rewrite(
    db,
    terms.addressDays,
    and(ownerless, or(isKnown(ledger.email), isKnown(ledger.phone))),
    ({ email, phone }) => ({ email: forgotten(email), phone: forgotten(phone) }),
  );
  const networks = await rewrite(
    db,
    terms.networkDays,
    or(isKnown(ledger.ipAddress), isKnown(ledger.userAgent)),
    ({ ipAddress, userAgent }) => ({ ipAddress: forgotten(ipAddress), userAgent: forgotten(userAgent) }),
  );
  return { addresses, networks };
}

function rewrite(
  db: Db,
  days: number,
  which: SQL | undefined,
  change: (row: Traces) => Partial<Traces>,
): Promise<number> {
  const old = lt(ledger.createdAt, sql`now() - make_interval(days => ${days})`);
  return inBatches((batch) =>
    db.transaction(async (tx) => {
      const rows = await tx
        .select()
        .from(ledger)
        .where(and(old, which))
        .limit(batch)
        .for("update", { skipLocked: true });
      for (const row of rows) await tx.update(ledger).set(change(row)).where(eq(ledger.sNo, row.sNo));
      return rows.length;
    }),
  );
}

/**
 * Makes the ledger rows of an account and its addresses nobody's before the account goes: their days' totals stay,
 * nothing personal does.
 * @returns the deliveries they told of, whose recipients are to be forgotten too
 */
export async function disown(tx: Tx, { accountType, id }: Owner, addresses: Subject[]): Promise<string[]> {
  const theirs = or(eq(accountType === "live" ? ledger.userId : ledger.demoUserId, id), ...addresses.map(ofSubject));
  const told = await tx
    .select({ id: ledger.deliveryId })
    .from(ledger)
    .where(and(theirs, isNotNull(ledger.deliveryId)));
  const nobody = { userId: null, demoUserId: null, email: null, phone: null, mailDomain: null };
  const nowhere = { ipAddress: null, userAgent: null, browser: null, device: null, deliveryId: null };
  await tx
    .update(ledger)
    .set({ ...nobody, ...nowhere })
    .where(theirs);
  return told.flatMap((row) => row.id ?? []);
}
