import {
  type Account,
  findByEmail,
  findById,
  holdById,
  proveEmail,
  stateOf,
  touchLastLogin,
} from "@/accounts/accounts";
import { addProof, endSession, endSessionsOf, type Proof, startSession } from "@/accounts/sessions";
import type { Tx } from "@/db/client";
import { adoptChallenge } from "@/otp/ledger";
import type { Subject } from "@/otp/subject";
import type { Struck } from "@/otp/verify";
import type { Caller, SignedIn } from "./caller";
import { accept, type Outcome, refuse } from "./outcome";

/**
 * Signs a proven account in: a new session, or, while signed in to this very account, one more proof on the
 * session that is there (step-up). Either way the cookie's secret is new and the old one dies (SES-02).
 */
export async function signIn(tx: Tx, account: Account, proof: Proof, from: Caller): Promise<Outcome<SignedIn>> {
  const state = stateOf(account);
  if (state !== "active" && state !== "incomplete")
    return refuse(proof === "code" ? "INVALID_CODE" : "INVALID_CREDENTIALS");
  const { session } = from;
  const isOwn = session?.accountId === account.id && session.accountType === account.accountType;
  if (session && !isOwn) await endSession(tx, session.id);
  const added = isOwn ? await addProof(tx, session.id, proof) : null; // null too where that session has ended meanwhile
  const sessionSecret = added ?? (await startSession(tx, account, proof, from));
  await touchLastLogin(tx, account.accountType, account.id);
  return accept({ next: state === "active" ? "account" : "profile", sessionSecret });
}

/**
 * A proven sign-up code: the account is created or adopted, and its browser signed in.
 * The first proof of an address ends whatever anybody began on it before (REC-02).
 */
export async function proveSignUp(tx: Tx, subject: Subject, struck: Struck, from: Caller): Promise<Outcome<SignedIn>> {
  const before = await findByEmail(tx, subject.accountType, subject.address);
  const state = stateOf(before && (await holdById(tx, subject.accountType, before.id)));
  // Deactivated since, or completed elsewhere: an active account is signed in to by its own ways, not by this code.
  if (state === "deactivated" || state === "active") return refuse("INVALID_CODE");
  const { id, first } = await proveEmail(tx, subject.accountType, subject.address);
  const owner = { accountType: subject.accountType, id };
  if (first) await endSessionsOf(tx, owner);
  await adoptChallenge(tx, struck.sNo, owner);
  const account = await findById(tx, subject.accountType, id);
  return account ? signIn(tx, account, "code", from) : refuse("INVALID_CODE");
}
