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

/** The caller's own account, as `account.me` returns it. */
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
  /** All proofs that this session has given. */
  proofs: Proof[];
  /** The proofs to give again before a change of the account: for an admin each of them, for a user any one. */
  missingProofs: Proof[];
  /** The proofs to give again before the admin pages open. */
  missingAdminProofs: Proof[];
  /** How long the proofs still open the admin pages, in seconds; null for a user. */
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

/** Changes the caller's own profile. A field left out stays, and null empties it. */
export async function updateOwnProfile(profile: Profile, from: Caller): Promise<Outcome<Me>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  // Counted, because it shows whether a username is taken.
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

/** The caller's newest 20 codes (000). */
export async function otpHistory(from: Caller): Promise<Outcome<HistoryEntry[]>> {
  const access = await requireActive(from);
  return access.ok ? accept(await historyOf(db(), access.value.account)) : access;
}
