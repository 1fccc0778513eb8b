import { and, eq, gt, isNull, sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { type Owner, ownedBy, ownerColumnName, ownerOf, tableOf } from "@/db/owner";
import { deviceLinks as links } from "@/db/schema/devices";
import { newSecret } from "@/secrets";
import { hashToken } from "./tokens";

/** How long a device link works. Seconds. */
export const DEVICE_LINK_SECONDS = 24 * 3600;

/*
 * A device link is kept apart from the other links, because it proves nothing. It has no ledger row: there a redeemed
 * token counts as a proof of its address.
 */

/**
 * Keeps a device link for an account and returns its token: 32 random bytes, base64url. For an owner who does not exist
 * the same statement keeps nothing (law 1).
 */
export async function makeDeviceLink(tx: Tx, { accountType, id }: Owner): Promise<string> {
  const token = newSecret();
  await tx.execute(sql`
    insert into ${links} (${ownerColumnName[accountType]}, token, expires_at)
    select id, ${hashToken(token)}, now() + make_interval(secs => ${DEVICE_LINK_SECONDS}) from ${tableOf(accountType)} where id = ${id}`);
  return token;
}

const isOpen = (token: string) =>
  and(eq(links.token, hashToken(token)), isNull(links.usedAt), gt(links.expiresAt, sql`now()`));

const owner = { userId: links.userId, demoUserId: links.demoUserId };

/** The owner of a link that may still be redeemed. Spends nothing. */
export async function peekDeviceLink(db: Db, token: string): Promise<Owner | null> {
  const [row] = await db.select(owner).from(links).where(isOpen(token));
  return row ? ownerOf(row) : null;
}

/** Spends a device link of this account, once under any concurrency. */
export async function redeemDeviceLink(tx: Tx, of: Owner, token: string): Promise<boolean> {
  const spent = await tx
    .update(links)
    .set({ usedAt: sql`now()` })
    .where(and(isOpen(token), ownedBy(links, of)))
    .returning({ id: links.id });
  return spent.length === 1;
}

/** Ends the device links of an account, used or not. */
export async function endDeviceLinks(tx: Tx, of: Owner): Promise<void> {
  await tx.delete(links).where(ownedBy(links, of));
}

/** Deletes expired device links. Safe to run twice, and by two at once. */
export function sweepDeviceLinks(db: Db): Promise<number> {
  return deleteInBatches(db, links, sql`expires_at < now()`);
}
