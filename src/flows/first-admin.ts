import { type Account, subjectsOf } from "@/accounts/accounts";
import { canonicalEmail } from "@/accounts/identifier";
import { countAdmins, hasStandingInvitation, INVITATION_DAYS, noteInvitation, setRole } from "@/accounts/roles";
import { endSessionsOf } from "@/accounts/sessions";
import { db, type Tx } from "@/db/client";
import { takeLock } from "@/db/locks";
import { enqueue } from "@/delivery/enqueue";
import { env } from "@/env";
import { endChallenges } from "@/otp/retire";
import { audit } from "./audit";
import type { Caller } from "./caller";

/** The pause between two invitations: a day. Seconds. */
const PAUSE_SECONDS = 24 * 3600;

const adminEmail = (): string | null => {
  const { adminEmail: written } = env();
  return written === null ? null : canonicalEmail(written);
};

/**
 * Invites the operator's `ADMIN_EMAIL` by mail while there is no proven admin, at most once a day (design, "Admins").
 * Runs when the jobs start and each hour. Any number of processes send one mail.
 * @returns whether an invitation was sent
 */
export async function inviteFirstAdmin(): Promise<boolean> {
  const email = adminEmail();
  if (email === null) return false;
  return db().transaction(async (tx) => {
    await takeLock(tx, "firstAdmin");
    if ((await countAdmins(tx)) > 0 || !(await noteInvitation(tx, email, PAUSE_SECONDS))) return false;
    const expiresInSeconds = INVITATION_DAYS * 24 * 3600;
    const message = { template: "admin-invitation", props: { expiresInSeconds } } as const;
    await enqueue(tx, { channel: "email", to: email, message, decoy: false, expiresInSeconds });
    await audit(tx, { kind: "app" }, "admin.invite", { address: email, because: "ADMIN_EMAIL" });
    return true;
  });
}

/**
 * Makes the operator's `ADMIN_EMAIL` the first admin when a code sent to it is proven, if its invitation still stands
 * and there is no proven admin (design, "Admins"). The admin pages need its password too. As with any change of role,
 * its other sessions, codes and links end (SES-06).
 * @param challenge the code that is being proven, whose row must stay as its document says
 */
export async function grantInvited(tx: Tx, account: Account, from: Caller, challenge?: number): Promise<void> {
  const email = adminEmail();
  if (account.accountType !== "live" || email === null || account.email !== email) return;
  if (account.role === "ADMIN" || !account.emailVerified) return;
  if (!(await hasStandingInvitation(tx, account.id)) || (await countAdmins(tx)) > 0) return;
  await setRole(tx, account.id, "ADMIN");
  await endSessionsOf(tx, account, from.session?.id);
  await endChallenges(tx, account, subjectsOf(account), challenge);
  await audit(tx, from, "admin.grant", { account, because: "ADMIN_EMAIL" });
}
