import { and, asc, eq, gte, isNotNull, isNull, lt, not, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { oldestFirst, pieces, texts } from "@/db/batches";
import type { Channel } from "@/db/channel";
import type { Db, Tx } from "@/db/client";
import { type Owner, ownedBy } from "@/db/owner";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { FORGOTTEN, forget, isForgotten } from "@/keys";
import { ofSubject, type Subject } from "./subject";

const isOwnerless = and(isNull(ledger.userId), isNull(ledger.demoUserId));
const isKnown = (column: PgColumn) => and(isNotNull(column), sql`${column} !~ ${FORGOTTEN}`);
const forgotten = (value: string | null) => (value === null || isForgotten(value) ? value : forget(value));

/**
 * Forgets the addresses in rows without an account that are older than this many days. The rows and all totals stay.
 */
export function forgetAddresses(db: Db, days: number): Promise<number> {
  return rewrite(db, days, [ledger.email, ledger.phone], isOwnerless);
}

/** Forgets the IP addresses and user agents in all rows older than this many days. The rows stay. */
export function forgetNetworks(db: Db, days: number): Promise<number> {
  return rewrite(db, days, [ledger.ipAddress, ledger.userAgent]);
}

/**
 * Replaces two columns of old rows by keyed digests, oldest first. Safe to run twice, and by two at once.
 * @returns how many rows were rewritten
 */
async function rewrite(db: Db, days: number, [one, other]: [PgColumn, PgColumn], which?: SQL): Promise<number> {
  const old = lt(ledger.createdAt, sql`now() - make_interval(days => ${days})`);
  const known = or(isKnown(one), isKnown(other));
  return oldestFirst(db, async (tx, from, batch) => {
    const rows = await tx
      .select({
        sNo: ledger.sNo,
        createdAt: ledger.createdAt,
        one: sql<string | null>`${one}`,
        other: sql<string | null>`${other}`,
      })
      .from(ledger)
      .where(and(old, gte(ledger.createdAt, from), which, known))
      .orderBy(asc(ledger.createdAt))
      .limit(batch)
      .for("update", { skipLocked: true });
    await tx.execute(sql`update ${ledger} set ${sql.identifier(one.name)} = kept.one, ${sql.identifier(other.name)} = kept.other
      from unnest(${texts(rows.map(({ sNo }) => String(sNo)))}, ${texts(rows.map((row) => forgotten(row.one)))},
        ${texts(rows.map((row) => forgotten(row.other)))}) as kept (s_no, one, other)
      where ${ledger.sNo} = kept.s_no::bigint`);
    return rows;
  });
}

/**
 * The deliveries of an account, with those to its addresses before the account had them. A query, because there is no
 * limit to their number.
 * @param addresses the account's addresses now
 */
export function deliveriesOf(owner: Owner, addresses: Subject[]): SQL {
  const before = addresses.map((subject) => and(ofSubject(subject), isOwnerless));
  return sql`select ${ledger.deliveryId} from ${ledger}
    where ${and(isNotNull(ledger.deliveryId), or(ownedBy(ledger, owner), ...before))}`;
}

/** Every address that an account has ever proven, from the ledger. */
export async function provenBy(tx: Tx, owner: Owner): Promise<Subject[]> {
  const rows = await tx
    .selectDistinct({ email: ledger.email, phone: ledger.phone })
    .from(ledger)
    .where(and(ownedBy(ledger, owner), ledger.isVerified));
  return rows.flatMap(({ email, phone }): Subject[] => {
    const address = email ?? phone;
    return address ? [{ accountType: owner.accountType, channel: email ? "email" : "sms", address }] : [];
  });
}

/**
 * Takes the account and its addresses off the ledger rows before the account is deleted: the totals stay, nothing
 * personal does. Other accounts keep their rows for these addresses, without the address.
 * @param heir the account that has just proven one of these addresses. Its rows are not changed
 */
export async function disown(tx: Tx, owner: Owner, addresses: Subject[], heir?: Owner): Promise<void> {
  const noAddress = { email: null, phone: null, mailDomain: null };
  const nowhere = { ipAddress: null, userAgent: null, browser: null, device: null, deliveryId: null };
  const nobodys = { userId: null, demoUserId: null, ...noAddress, ...nowhere };
  await tx.update(ledger).set(nobodys).where(ownedBy(ledger, owner));
  for (const piece of pieces(addresses))
    for (const channel of ["email", "sms"] as const) {
      const at = ofAddresses(owner, piece, channel);
      await tx.update(ledger).set(nobodys).where(and(at, isOwnerless));
      await tx
        .update(ledger)
        .set(noAddress)
        .where(and(at, heir && not(ownedBy(ledger, heir))));
    }
}

/** The ledger's rows of an account's addresses of one channel. `is not null` makes the index on addresses usable. */
function ofAddresses({ accountType }: Owner, subjects: Subject[], channel: Channel): SQL | undefined {
  const column = channel === "email" ? ledger.email : ledger.phone;
  const addresses = subjects.filter((subject) => subject.channel === channel).map(({ address }) => address);
  return and(isNotNull(column), sql`${column} = any(${texts(addresses)})`, eq(ledger.userType, accountType));
}
