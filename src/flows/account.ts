import { type Account, findById } from "@/accounts/accounts";
import type { Proof, Session } from "@/accounts/sessions";
import { db } from "@/db/client";
import type { Caller } from "./caller";

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
> & { hasPassword: boolean; proofs: Proof[] };

/** The account a caller is signed in to, read anew at each call: a deactivated one is signed in nowhere. */
export async function signedInAccount({ session }: Caller): Promise<{ account: Account; session: Session } | null> {
  if (!session) return null;
  const account = await findById(db(), session.accountType, session.accountId);
  return account?.isActive ? { account, session } : null;
}

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
  };
}
