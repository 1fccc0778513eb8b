import type { Account } from "@/accounts/accounts";
import { type Profile, updateProfile } from "@/accounts/profile";
import type { Proof } from "@/accounts/sessions";
import { db } from "@/db/client";
import { type HistoryEntry, historyOf } from "@/otp/history";
import { adminSecondsLeft, missingAdminProofs, missingProofs, requireActive, signedInAccount } from "./access";
import type { Caller } from "./caller";
import { limited } from "./limit";
import { accept, type Outcome, refuse } from "./outcome";
import { isTaken } from "./unique-violation";

/** One's own account, as `account.me` tells it. */
export type Me = Pick<
  Account,
  | "id"
  | "sNo"
  | "accountType"
  | "email"
  | "phoneNumber"
  | "name"
  | "username"
  | "fullName"
  | "role"
  | "emailVerified"
  | "phoneVerified"
  | "isProfileComplete"
  | "country"
  | "state"
  | "zip"
  | "dob"
  | "createdAt"
  | "lastLoginAt"
> & {
  hasPassword: boolean;
  /** What this session has ever proven. */
  proofs: Proof[];
  /** What it has to prove anew before a change of the account: an admin each of them, anybody else any one. */
  missingProofs: Proof[];
  /** What an admin has to prove anew before the admin pages open. */
  missingAdminProofs: Proof[];
  /** For how long those still open the admin pages, in seconds; null for anybody but an admin. */
  adminSecondsLeft: number | null;
};

/** The signed-in account, or null. */
export async function me(from: Caller): Promise<Me | null> {
  const signedIn = await signedInAccount(from);
  if (!signedIn) return null;
  const { account, session } = signedIn;
  return {
    id: account.id,
    sNo: account.sNo,
    accountType: account.accountType,
    email: account.email,
    phoneNumber: account.phoneNumber,
    name: account.name,
    username: account.username,
    fullName: account.fullName,
    role: account.role,
    emailVerified: account.emailVerified,
    phoneVerified: account.phoneVerified,
    isProfileComplete: account.isProfileComplete,
    country: account.country,
    state: account.state,
    zip: account.zip,
    dob: account.dob,
    createdAt: account.createdAt,
    lastLoginAt: account.lastLoginAt,
    hasPassword: account.password !== null,
    proofs: session.proofs,
    missingProofs: missingProofs(signedIn),
    missingAdminProofs: missingAdminProofs(signedIn),
    adminSecondsLeft: adminSecondsLeft(signedIn),
  };
}

const usernameTaken = refuse("TAKEN", { fieldErrors: { username: ["Someone has this username already."] } });

/** Changes one's own profile; a field left out stays as it is, null empties it. */
export async function updateOwnProfile(profile: Profile, from: Caller): Promise<Outcome<Me>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  // Counted: it tells whether a username is taken.
  const { account } = access.value;
  const address = account.email ?? account.phoneNumber;
  const tooMany = await limited("guesses", from, "profile.change", { address, account });
  if (tooMany) return tooMany;
  try {
    await db().transaction((tx) => updateProfile(tx, account, profile));
  } catch (fault) {
    if (isTaken(fault, "username")) return usernameTaken;
    throw fault;
  }
  const changed = await me(from);
  return changed ? accept(changed) : refuse("UNAUTHORIZED");
}

/** One's newest 20 codes (000). */
export async function otpHistory(from: Caller): Promise<Outcome<HistoryEntry[]>> {
  const access = await requireActive(from);
  return access.ok ? accept(await historyOf(db(), access.value.account)) : access;
}
