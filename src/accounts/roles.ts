import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/accounts";

/** How long an invitation is valid. */
export const INVITATION_DAYS = 7;

/** The number of proven admins. */
export async function countAdmins(tx: Tx): Promise<number> {
  const admins = and(eq(users.role, "ADMIN"), users.isActive, sql`(${users.emailVerified} or ${users.phoneVerified})`);
  return tx.$count(users, admins);
}

/** Whether a live account is an active admin now, read from the database. */
export async function isAdmin(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$count(users, and(eq(users.id, id), eq(users.role, "ADMIN"), users.isActive))) > 0;
}

/** Gives a live account a role. */
export async function setRole(tx: Tx, id: string, role: "USER" | "ADMIN"): Promise<void> {
  await tx.update(users).set({ role }).where(eq(users.id, id));
}

/**
 * Notes an invitation on the account of an address, or on a new unproven row. Returns true if a message is due: under
 * any concurrency once in `pauseSeconds`.
 */
export async function noteInvitation(tx: Tx, email: string, pauseSeconds: number): Promise<boolean> {
  const noted = await tx
    .insert(users)
    .values({ email, invitedAt: sql`now()` })
    .onConflictDoUpdate({
      target: users.email,
      set: { invitedAt: sql`now()` },
      setWhere: sql`${users.invitedAt} is null or ${users.invitedAt} <= now() - make_interval(secs => ${pauseSeconds})`,
    })
    .returning({ id: users.id });
  return noted.length === 1;
}

/** Whether this account has an invitation that is still valid. */
export async function hasStandingInvitation(tx: Tx, id: string): Promise<boolean> {
  const standing = sql`${users.invitedAt} > now() - make_interval(days => ${INVITATION_DAYS})`;
  return (await tx.$count(users, and(eq(users.id, id), standing))) > 0;
}

/** Deactivates a live account, or activates it again. */
export async function setActive(tx: Tx, id: string, isActive: boolean): Promise<void> {
  const deactivatedAt = isActive ? null : sql`now()`;
  await tx.update(users).set({ isActive, deactivatedAt }).where(eq(users.id, id));
}
