import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/accounts";

/** How long an invitation stands. */
export const INVITATION_DAYS = 7;

/** How many proven admins there are. */
export async function countAdmins(tx: Tx): Promise<number> {
  const admins = and(eq(users.role, "ADMIN"), users.isActive, sql`(${users.emailVerified} or ${users.phoneVerified})`);
  return tx.$count(users, admins);
}

/** Whether a live account is an active admin, as the database has it now. */
export async function isAdmin(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$count(users, and(eq(users.id, id), eq(users.role, "ADMIN"), users.isActive))) > 0;
}

/** Gives a live account a role. */
export async function setRole(tx: Tx, id: string, role: "USER" | "ADMIN"): Promise<void> {
  await tx.update(users).set({ role }).where(eq(users.id, id));
}

/**
 * Invites an address: a row that nobody has proven, or the account that is there, and when. Under any concurrency
 * it is said once in `pauseSeconds` that there is something to send.
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

/** Whether this account was invited, and the invitation still stands. */
export async function hasStandingInvitation(tx: Tx, id: string): Promise<boolean> {
  const standing = sql`${users.invitedAt} > now() - make_interval(days => ${INVITATION_DAYS})`;
  return (await tx.$count(users, and(eq(users.id, id), standing))) > 0;
}

/** Deactivates a live account, or activates it again. */
export async function setActive(tx: Tx, id: string, isActive: boolean): Promise<void> {
  const deactivatedAt = isActive ? null : sql`now()`;
  await tx.update(users).set({ isActive, deactivatedAt }).where(eq(users.id, id));
}
