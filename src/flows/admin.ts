import { type Account, findByAddress, holdById, stateOf, subjectsOf } from "@/accounts/accounts";
import { setLockedUntil } from "@/accounts/changes";
import { devicesOf } from "@/accounts/devices";
import { countAdmins, INVITATION_DAYS, noteInvitation, setRole } from "@/accounts/roles";
import { endSessionsOf } from "@/accounts/sessions";
import { db, type Tx } from "@/db/client";
import { enqueue } from "@/delivery/enqueue";
import { env } from "@/env";
import { forgive } from "@/limits/lockout";
import { handOutToken } from "@/otp/links";
import { endChallenges } from "@/otp/retire";
import type { Subject } from "@/otp/subject";
import { audit, type By } from "./audit";
import { accept, type Outcome, type Refusal, refuse } from "./outcome";

/** Which account an action is about: the live one with this email. */
const subjectOf = (email: string): Subject => ({ accountType: "live", channel: "email", address: email });

/** Why an action is refused, in words for whoever asked for it. */
const cannot = (why: string): Refusal => refuse("BAD_REQUEST", { fieldErrors: { email: [why] } });

const nobody = cannot("There is no such account.");

/** Holds the live account with this email and does something to it, in one transaction. */
function withAccount<T>(email: string, work: (tx: Tx, account: Account) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  return db().transaction(async (tx) => {
    const found = await findByAddress(tx, "live", subjectOf(email));
    const account = found && (await holdById(tx, "live", found.id));
    return account ? work(tx, account) : nobody;
  });
}

/** Between two invitations to one address. Seconds. */
const INVITATION_PAUSE_SECONDS = 60;

/**
 * Invites an address by mail (001's SIGNUP code then proves it): for seven days its row waits, unproven. Whoever has an
 * account already needs no invitation.
 */
export function invite(email: string, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return db().transaction(async (tx) => {
    const found = await findByAddress(tx, "live", subjectOf(email));
    const state = stateOf(found, "email");
    if (state !== "none" && state !== "unproven") return cannot("That address has an account already.");
    if (!(await noteInvitation(tx, email, INVITATION_PAUSE_SECONDS)))
      return refuse("COOLDOWN", { retryAfterSeconds: INVITATION_PAUSE_SECONDS });
    const expiresInSeconds = INVITATION_DAYS * 24 * 3600;
    const message = { template: "invitation", props: { expiresInSeconds } } as const;
    await enqueue(tx, { channel: "email", to: email, message, decoy: false, expiresInSeconds });
    await audit(tx, by, "admin.invite", { account: found, address: email, because });
    return accept({ ok: true });
  });
}

/**
 * Makes an account an admin. It must be active and have a password: one mailbox alone must never make an admin. All that
 * was begun for it ends, and it signs in anew, because a code or link asked for as a user must not serve an admin.
 */
export function grant(email: string, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(email, async (tx, account) => {
    if (stateOf(account, "email") !== "active") return cannot("That account is not active: its owner signs up first.");
    if (account.password === null) return cannot("That account has no password: its owner sets one first.");
    await changeRole(tx, account, "ADMIN");
    await audit(tx, by, "admin.grant", { account, because });
    return accept({ ok: true });
  });
}

/**
 * Makes an admin an ordinary user, in force at the next request. The last admin may be revoked from the command line
 * alone, where another can be made; `isLast` says that it was so.
 */
export function revoke(email: string, by: By, because?: string): Promise<Outcome<{ isLast: boolean }>> {
  return withAccount(email, async (tx, account) => {
    if (account.role !== "ADMIN") return cannot("That account is not an admin.");
    const isLast = (await countAdmins(tx)) === 1;
    if (isLast && "admin" in by) return cannot("That is the last admin: make another one first.");
    await changeRole(tx, account, "USER");
    await audit(tx, by, "admin.revoke", { account, because });
    return accept({ isLast });
  });
}

async function changeRole(tx: Tx, account: Account, role: "USER" | "ADMIN"): Promise<void> {
  await setRole(tx, account.id, role);
  await endSessionsOf(tx, account);
  await endChallenges(tx, account, subjectsOf(account));
}

/** Opens what failed guesses have locked: every address of the account, for strangers and for its own devices. */
export function unlock(email: string, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(email, async (tx, account) => {
    const shares = [null, ...(await devicesOf(tx, account))];
    await forgive(
      tx,
      subjectsOf(account).flatMap((subject) => shares.map((share) => ({ ...subject, share }))),
    );
    await setLockedUntil(tx, account, null);
    await audit(tx, by, "admin.unlock", { account, because });
    return accept({ ok: true });
  });
}

/** Hands out a reset link, for 15 minutes and one use: to an operator, who passes it on. For admins, too. */
export function handOutReset(email: string, by: By, because?: string): Promise<Outcome<{ link: string }>> {
  return withAccount(email, async (tx, account) => {
    const state = stateOf(account, "email");
    if (state !== "active" && state !== "incomplete") return cannot("That account cannot sign in: nothing to reset.");
    const token = await handOutToken(tx, "reset-link", account, subjectOf(email));
    await audit(tx, by, "admin.reset", { account, because });
    return accept({ link: new URL(`/reset-password?token=${token}`, env().baseUrl).href });
  });
}
