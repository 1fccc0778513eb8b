import { type Account, findByAddress, holdById, stateOf, subjectsOf } from "@/accounts/accounts";
import { setLockedUntil } from "@/accounts/changes";
import { devicesOf, forgetDevice as forget, forgetDevices } from "@/accounts/devices";
import { countAdmins, INVITATION_DAYS, isAdmin, noteInvitation, setActive, setRole } from "@/accounts/roles";
import { endSessionsOf, isStanding } from "@/accounts/sessions";
import { db, type Tx } from "@/db/client";
import { takeLock } from "@/db/locks";
import { enqueue } from "@/delivery/enqueue";
import { env } from "@/env";
import { forgive } from "@/limits/lockout";
import { endDeviceLinks } from "@/otp/device-links";
import { handOutLink } from "@/otp/links";
import { endChallenges } from "@/otp/retire";
import type { Subject } from "@/otp/subject";
import { lifetimeOf } from "@/otp/token-kinds";
import { audit, type By } from "./audit";
import { openCodes } from "./lockout";
import { notify } from "./notices";
import { accept, type Outcome, type Refusal, refuse } from "./outcome";
import { forgetAccount } from "./retention";

/** The subject of an action: the live account with this email. */
const subjectOf = (email: string): Subject => ({ accountType: "live", channel: "email", address: email });

const cannot = (why: string): Refusal => refuse("BAD_REQUEST", { fieldErrors: { email: [why] } });

const nobody = cannot("There is no such account.");

/** A live account by its email, as an operator knows it, or by its id, as the admin pages know it. */
export type Which = { email: string } | { id: string };

/**
 * Does an admin's action in one transaction, one action at a time. Otherwise two admins who revoke each other would
 * leave none, and an admin who was just demoted or signed out could still finish.
 */
function inTurn<T>(by: By, work: (tx: Tx) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  return db().transaction(async (tx) => {
    await takeLock(tx, "admins");
    if ("admin" in by) {
      const { session } = by.admin;
      if (!session || !(await isAdmin(tx, session.accountId))) return refuse("FORBIDDEN");
      if (!(await isStanding(tx, session.id))) return refuse("UNAUTHORIZED");
    }
    return work(tx);
  });
}

/** Locks a live account and does something to it. */
function withAccount<T>(
  which: Which,
  by: By,
  work: (tx: Tx, account: Account) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  return inTurn(by, async (tx) => {
    const id = "id" in which ? which.id : (await findByAddress(tx, "live", subjectOf(which.email)))?.id;
    const account = id === undefined ? null : await holdById(tx, "live", id);
    return account ? work(tx, account) : nobody;
  });
}

/** The pause between two invitations to one address. Seconds. */
const INVITATION_PAUSE_SECONDS = 60;

/**
 * Invites an address by mail; 001's SIGNUP code then proves it. Its row waits unproven for seven days. An address with
 * an account needs no invitation.
 */
export function invite(email: string, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return inTurn(by, async (tx) => {
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
 * Makes an account an admin. It must be active and have a password, because control of a mailbox must not be enough.
 * Its sessions, codes and links end, because a code or link that a user asked for must not serve an admin.
 */
export function grant(which: Which, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(which, by, async (tx, account) => {
    if (stateOf(account) !== "active") return cannot("That account is not active: its owner signs up first.");
    if (account.password === null) return cannot("That account has no password: its owner sets one first.");
    await changeRole(tx, account, "ADMIN");
    await audit(tx, by, "admin.grant", { account, because });
    return accept({ ok: true });
  });
}

/**
 * Makes an admin a user, from the next request on. Only the command line may revoke the last admin, because it can make
 * another. `isLast` says that it did.
 */
export function revoke(which: Which, by: By, because?: string): Promise<Outcome<{ isLast: boolean }>> {
  return withAccount(which, by, async (tx, account) => {
    if (account.role !== "ADMIN") return cannot("That account is not an admin.");
    const isLast = await isLastAdmin(tx, account);
    if (isLast && "admin" in by) return lastAdmin;
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

/**
 * Opens all that failed guesses have locked or closed: every address of the account, for strangers and for its devices.
 */
export function unlock(which: Which, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(which, by, async (tx, account) => {
    const shares = [null, ...(await devicesOf(tx, account))];
    await forgive(
      tx,
      subjectsOf(account).flatMap((subject) => shares.map((share) => ({ ...subject, share }))),
    );
    await setLockedUntil(tx, account, null);
    await openCodes(tx, account);
    await audit(tx, by, "admin.unlock", { account, because });
    return accept({ ok: true });
  });
}

/** Returns a reset link to an operator, who passes it on. It works for 15 minutes and once, for admins too. */
export function handOutReset(which: Which, by: By, because?: string): Promise<Outcome<{ link: string }>> {
  return withAccount(which, by, async (tx, account) => {
    const token = await resetToken(tx, account);
    if (token === null) return cannot("That account cannot sign in: there is nothing to reset.");
    await audit(tx, by, "admin.reset", { account, because });
    return accept({ link: new URL(`/reset-password?token=${token}`, env().baseUrl).href });
  });
}

/** The token of a reset link for an account that can sign in; null for another. It is stored under a proven address. */
async function resetToken(tx: Tx, account: Account): Promise<string | null> {
  const state = stateOf(account);
  const [subject] = subjectsOf(account);
  if ((state !== "active" && state !== "incomplete") || !subject) return null;
  return handOutLink(tx, "reset-link", account, subject);
}

/** Mails the owner a reset link, also to an admin: then another admin is the second person who checks. */
export function sendReset(which: Which, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(which, by, async (tx, account) => {
    const { email, emailVerified } = account;
    // Otherwise control of an admin's mailbox and session would be enough to set the password.
    if ("admin" in by && by.admin.session?.accountId === account.id) return cannot("Another admin sends yours.");
    if (!email || !emailVerified) return cannot("That account has no proven email to send a link to.");
    const token = await resetToken(tx, account);
    if (token === null) return cannot("That account cannot sign in: there is nothing to reset.");
    const expiresInSeconds = lifetimeOf("reset-link");
    const message = { template: "reset-link", props: { token, expiresInSeconds } } as const;
    await enqueue(tx, { channel: "email", to: email, message, decoy: false, expiresInSeconds });
    await audit(tx, by, "admin.reset", { account, because });
    return accept({ ok: true });
  });
}

/** Whether this is the only proven, active admin. An admin cannot remove the last one. */
async function isLastAdmin(tx: Tx, { role, isActive, emailVerified, phoneVerified }: Account): Promise<boolean> {
  return role === "ADMIN" && isActive && (emailVerified || phoneVerified) && (await countAdmins(tx)) === 1;
}

const lastAdmin = cannot("That is the last admin: make another one first.");

/** Activates an account, or deactivates it and ends its sessions, codes and links. */
export function activate(which: Which, active: boolean, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(which, by, async (tx, account) => {
    if (!active && (await isLastAdmin(tx, account))) return lastAdmin;
    await setActive(tx, account.id, active);
    if (!active) {
      await endSessionsOf(tx, account);
      await endChallenges(tx, account, subjectsOf(account));
    }
    await audit(tx, by, "admin.set-active", {
      account,
      because: [active ? "on" : "off", because].filter(Boolean).join(": "),
    });
    return accept({ ok: true });
  });
}

/** Ends all sessions of an account and forgets all its devices, because one of them may be a thief's. */
export function revokeSessions(which: Which, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(which, by, async (tx, account) => {
    await endSessionsOf(tx, account);
    await forgetDevices(tx, account);
    await endDeviceLinks(tx, account);
    await audit(tx, by, "admin.revoke-sessions", { account, because });
    return accept({ ok: true });
  });
}

/** Forgets one device of an account and ends its sessions there. Another account's device is answered as missing. */
export function forgetDevice(which: Which, deviceId: string, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(which, by, async (tx, account) => {
    if (!(await forget(tx, account, deviceId))) return refuse("NOT_FOUND");
    await audit(tx, by, "admin.forget-device", { account, because });
    return accept({ ok: true });
  });
}

/** Deletes an account as its owner would: everything personal is deleted, and the totals stay. */
export function remove(which: Which, by: By, because?: string): Promise<Outcome<{ ok: true }>> {
  return withAccount(which, by, async (tx, account) => {
    if (await isLastAdmin(tx, account)) return lastAdmin;
    await audit(tx, by, "admin.delete", { account, because });
    await forgetAccount(tx, account);
    await notify(tx, account, { template: "account-deleted", props: {} });
    return accept({ ok: true });
  });
}
