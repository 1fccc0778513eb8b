import { and, eq, isNotNull, isNull, lt, not, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { inBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { FORGOTTEN, forget, isForgotten } from "@/keys";
import { type Owner, ofSubject, ownerOf, type Subject } from "./subject";

/** The columns a row may be remembered by. */
type Traces = { email: string | null; phone: string | null; ipAddress: string | null; userAgent: string | null };

const isKnown = (column: PgColumn) => and(isNotNull(column), sql`${column} !~ ${FORGOTTEN}`);
const forgotten = (value: string | null) => (value === null || isForgotten(value) ? value : forget(value));

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

/** Rows of an account, and of its addresses that are no account's: asked for before they were this one's. */
function rowsOf(owner: Owner, addresses: Subject[]): SQL | undefined {
  const ownerless = and(isNull(ledger.userId), isNull(ledger.demoUserId));
  const before = addresses.map((subject) => and(ofSubject(subject), ownerless));
  return or(isOwnedBy(owner), ...before);
}

const isOwnedBy = ({ accountType, id }: Owner) => eq(accountType === "live" ? ledger.userId : ledger.demoUserId, id);

/** What the ledger knows of an account that is to go: the deliveries it tells of, and every address it has ever proven. */
export async function tracesOf(
  tx: Tx,
  owner: Owner,
  addresses: Subject[],
): Promise<{ deliveries: string[]; proven: Subject[] }> {
  const { deliveryId, email, phone, isVerified, userId, demoUserId } = ledger;
  const rows = await tx
    .select({ deliveryId, email, phone, isVerified, userId, demoUserId })
    .from(ledger)
    .where(rowsOf(owner, addresses));
  const proven = new Map<string, Subject>();
  for (const row of rows) {
    const address = row.email ?? row.phone;
    if (!address || !row.isVerified || ownerOf(row)?.id !== owner.id) continue;
    proven.set(address, { accountType: owner.accountType, channel: row.email ? "email" : "sms", address });
  }
  return { deliveries: rows.flatMap((row) => row.deliveryId ?? []), proven: [...proven.values()] };
}

/**
 * Makes the ledger rows of an account and its addresses nobody's before the account goes: their days' totals stay,
 * nothing personal does. What others have asked for at these addresses stays theirs, and forgets the address.
 * @param heir the account that has just proven one of these addresses to be its own: its rows stay as they are
 */
export async function disown(tx: Tx, owner: Owner, addresses: Subject[], heir?: Owner): Promise<void> {
  const noAddress = { email: null, phone: null, mailDomain: null };
  const nowhere = { ipAddress: null, userAgent: null, browser: null, device: null, deliveryId: null };
  await tx
    .update(ledger)
    .set({ userId: null, demoUserId: null, ...noAddress, ...nowhere })
    .where(rowsOf(owner, addresses));
  if (addresses.length === 0) return;
  await tx
    .update(ledger)
    .set(noAddress)
    .where(and(or(...addresses.map(ofSubject)), heir && not(isOwnedBy(heir))));
}
