import { type Account, findById } from "@/accounts/accounts";
import type { Proof, Session } from "@/accounts/sessions";
import { db } from "@/db/client";
import type { Caller } from "./caller";
import { accept, type Outcome, refuse } from "./outcome";

/** A caller's account and session, read anew at each call: a deactivated account is signed in nowhere. */
export type Access = { account: Account; session: Session };

/** For changes of address or password, export and deletion a proof may be so old (SES-07). Seconds. */
export const FRESH_SECONDS = 10 * 60;

/** For how long an admin's proofs open the admin pages (SES-04; an idle hour ends them too). Seconds. */
const ADMIN_SECONDS = 24 * 3600;

/** Anyone signed in, before the profile is complete too; null for nobody. */
export async function signedInAccount({ session }: Caller): Promise<Access | null> {
  if (!session) return null;
  const account = await findById(db(), session.accountType, session.accountId);
  return account?.isActive ? { account, session } : null;
}

/** Signed in, before the profile is complete too. */
export async function requireSession(from: Caller): Promise<Outcome<Access>> {
  const access = await signedInAccount(from);
  return access ? accept(access) : refuse("UNAUTHORIZED");
}

/** Signed in to an account that is active. */
export async function requireActive(from: Caller): Promise<Outcome<Access>> {
  const access = await requireSession(from);
  return access.ok && !access.value.account.isProfileComplete ? refuse("FORBIDDEN") : access;
}

/** Signed in to an active account and proven within ten minutes: by password or code, an admin by both. */
export async function requireFresh(from: Caller): Promise<Outcome<Access>> {
  const access = await requireActive(from);
  return access.ok && !isFresh(access.value) ? refuse("STEP_UP_REQUIRED") : access;
}

/** The same for `account.delete`, which an account may do whose profile is not complete. */
export async function requireFreshSession(from: Caller): Promise<Outcome<Access>> {
  const access = await requireSession(from);
  return access.ok && !isFresh(access.value) ? refuse("STEP_UP_REQUIRED") : access;
}

/** An admin, by the role the database has now, with both proofs in the session, a day old at most. */
export async function requireAdmin(from: Caller): Promise<Outcome<Access>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  if (access.value.account.role !== "ADMIN") return refuse("FORBIDDEN");
  return missingAdminProofs(access.value).length === 0 ? access : refuse("STEP_UP_REQUIRED");
}

/**
 * The proofs that would open an account's changes, and that its session has not given within ten minutes: an admin
 * needs each of them, anybody else any one. Empty where nothing is missing.
 */
export function missingProofs({ account, session: { proofAges } }: Access): Proof[] {
  const stale = (["password", "code"] as const).filter((proof) => !isWithin(proofAges[proof], FRESH_SECONDS));
  if (account.role === "ADMIN") return stale;
  if (stale.length < 2) return [];
  return account.password === null ? ["code"] : stale;
}

/** The proofs that would open the admin pages, and that are missing or a day old; empty for anybody but an admin. */
export function missingAdminProofs({ account, session: { proofAges } }: Access): Proof[] {
  if (account.role !== "ADMIN") return [];
  return (["password", "code"] as const).filter((proof) => !isWithin(proofAges[proof], ADMIN_SECONDS));
}

/** For how long an admin's proofs still open the admin pages, if they are used; null for anybody but an admin. Seconds. */
export function adminSecondsLeft({ account, session: { proofAges } }: Access): number | null {
  if (account.role !== "ADMIN") return null;
  const { password, code } = proofAges;
  return password === null || code === null ? 0 : Math.max(0, ADMIN_SECONDS - Math.max(password, code));
}

const isFresh = (access: Access) => missingProofs(access).length === 0;

const isWithin = (age: number | null, seconds: number) => age !== null && age <= seconds;
