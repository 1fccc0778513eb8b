import { type Account, findById } from "@/accounts/accounts";
import type { Proof, Session } from "@/accounts/sessions";
import { db } from "@/db/client";
import type { Caller } from "./caller";
import { accept, type Outcome, refuse } from "./outcome";

/** A caller's account and session, looked up at each call, so that a deactivated account is signed in nowhere. */
export type Access = { account: Account; session: Session };

/** The greatest age of a proof for a change of address or password, an export or a deletion (SES-07). Seconds. */
export const FRESH_SECONDS = 10 * 60;

/** How long an admin's proofs open the admin pages (SES-04). An idle hour ends them too. Seconds. */
const ADMIN_SECONDS = 24 * 3600;

/** The signed-in account, with or without a complete profile; null if nobody is signed in. */
export async function signedInAccount({ session }: Caller): Promise<Access | null> {
  if (!session) return null;
  const account = await findById(db(), session.accountType, session.accountId);
  return account?.isActive ? { account, session } : null;
}

/** Requires a session; the profile may be incomplete. */
export async function requireSession(from: Caller): Promise<Outcome<Access>> {
  const access = await signedInAccount(from);
  return access ? accept(access) : refuse("UNAUTHORIZED");
}

/** Requires a session of an active account. */
export async function requireActive(from: Caller): Promise<Outcome<Access>> {
  const access = await requireSession(from);
  return access.ok && !access.value.account.isProfileComplete ? refuse("FORBIDDEN") : access;
}

/** Requires an active account and a proof of the last ten minutes: password or code; both for an admin. */
export async function requireFresh(from: Caller): Promise<Outcome<Access>> {
  const access = await requireActive(from);
  return access.ok && !isFresh(access.value) ? refuse("STEP_UP_REQUIRED") : access;
}

/** Requires a fresh proof, but no complete profile. For `account.delete`. */
export async function requireFreshSession(from: Caller): Promise<Outcome<Access>> {
  const access = await requireSession(from);
  return access.ok && !isFresh(access.value) ? refuse("STEP_UP_REQUIRED") : access;
}

/** Requires the role of an admin in the database now, and both proofs in the session, a day old at most. */
export async function requireAdmin(from: Caller): Promise<Outcome<Access>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  if (access.value.account.role !== "ADMIN") return refuse("FORBIDDEN");
  return missingAdminProofs(access.value).length === 0 ? access : refuse("STEP_UP_REQUIRED");
}

/**
 * The proofs that a change of the account needs and that are missing or older than ten minutes: for an admin each of
 * them, for a user any one. Empty if nothing is missing.
 */
export function missingProofs({ account, session: { proofAges } }: Access): Proof[] {
  const stale = (["password", "code"] as const).filter((proof) => !isWithin(proofAges[proof], FRESH_SECONDS));
  if (account.role === "ADMIN") return stale;
  if (stale.length < 2) return [];
  return account.password === null ? ["code"] : stale;
}

/** The proofs that the admin pages need and that are missing or older than a day; empty for a user. */
export function missingAdminProofs({ account, session: { proofAges } }: Access): Proof[] {
  if (account.role !== "ADMIN") return [];
  return (["password", "code"] as const).filter((proof) => !isWithin(proofAges[proof], ADMIN_SECONDS));
}

/** How long an admin's proofs still open the admin pages, if the session stays in use; null for a user. Seconds. */
export function adminSecondsLeft({ account, session: { proofAges } }: Access): number | null {
  if (account.role !== "ADMIN") return null;
  const { password, code } = proofAges;
  return password === null || code === null ? 0 : Math.max(0, ADMIN_SECONDS - Math.max(password, code));
}

const isFresh = (access: Access) => missingProofs(access).length === 0;

const isWithin = (age: number | null, seconds: number) => age !== null && age <= seconds;
