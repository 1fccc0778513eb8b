import { type Account, findById, holdByAddress, proveAddress, stateOf, touchLastLogin } from "@/accounts/accounts";
import { setPassword } from "@/accounts/changes";
import { rememberDevice } from "@/accounts/devices";
import { updateProfile } from "@/accounts/profile";
import { addProof, endSession, endSessionsOf, type Proof, startSession } from "@/accounts/sessions";
import type { Tx } from "@/db/client";
import type { Owner } from "@/db/owner";
import { renewBrowser } from "@/otp/browsers";
import { adoptChallenge } from "@/otp/ledger";
import { endChallenges } from "@/otp/retire";
import type { Registration } from "@/otp/store";
import type { Subject } from "@/otp/subject";
import type { Struck } from "@/otp/verify";
import { audit } from "./audit";
import type { Caller, KnownHere, SignedIn } from "./caller";
import { grantInvited } from "./first-admin";
import { notify } from "./notices";
import { accept, type Outcome, refuse } from "./outcome";
import { deviceInWords } from "./user-agent";

/**
 * Signs a proven account in: a new session, or, while signed in to this very account, one more proof on the
 * session that is there (step-up). Either way the session's secret is new and the old one dies (SES-02). So it is with
 * the browser's id: its open challenges move along to the new one. The browser is a known device of the account from now
 * on; a new one is told to the owner, unless it is the first.
 */
export async function signIn(tx: Tx, account: Account, proof: Proof, from: Caller): Promise<Outcome<SignedIn>> {
  const state = stateOf(account);
  if (state !== "active" && state !== "incomplete")
    return refuse(proof === "code" ? "INVALID_CODE" : "INVALID_CREDENTIALS");
  const { session } = from;
  const isOwn = session?.accountId === account.id && session.accountType === account.accountType;
  if (session && !isOwn) await endSession(tx, session.id);
  const { device, ...known } = await knowDevice(tx, account, from);
  const added = isOwn ? await addProof(tx, session.id, proof, device.id) : null; // null too where that session has ended meanwhile
  const sessionSecret =
    added ??
    (await startSession(tx, account, proof, {
      ipAddress: from.ipAddress,
      userAgent: from.userAgent,
      deviceId: device.id,
    }));
  const at = await touchLastLogin(tx, account.accountType, account.id);
  if (device.isNew && account.lastLoginAt)
    await notify(tx, account, {
      template: "new-sign-in",
      props: { device: deviceInWords(from.userAgent), at: at.toISOString(), accountType: account.accountType },
    });
  await audit(tx, from, added ? "session.step-up" : "session.start", { account, because: proof });
  // Last of all. A row of the ledger that another tab holds at this moment keeps the old id.
  const browserId = from.browser === null ? null : await renewBrowser(tx, from.browser);
  return accept({ next: state === "active" ? "account" : "profile", sessionSecret, browserId, ...known });
}

/** Makes this browser a known device of the account; the secret is for its cookie, where the account did not know it. */
export async function knowDevice(
  tx: Tx,
  owner: Owner,
  { devices, userAgent }: Caller,
): Promise<KnownHere & { device: { id: string; isNew: boolean } }> {
  const { id, hash, secret } = await rememberDevice(tx, owner, devices, userAgent);
  return { deviceSecret: secret, deviceHash: hash, device: { id, isNew: secret !== null } };
}

/**
 * A proven address: its account is created or adopted. The first proof ends whatever anybody began on it before:
 * sessions, challenges, links, pending changes, passwords (REC-02); a registration that this very browser waited with
 * then becomes the account's.
 * @returns the account as it is now; null where its state allows no such proof any more.
 */
export async function proveAccount(
  tx: Tx,
  subject: Subject,
  from: Caller,
  { challenge, registration = null }: { challenge?: number; registration?: Registration | null } = {},
): Promise<Account | null> {
  const state = stateOf(await holdByAddress(tx, subject.accountType, subject), subject.channel);
  // Deactivated since, or completed elsewhere: an active account is signed in to by its own ways, not by this proof.
  if (state === "deactivated" || state === "active" || state === "elsewhere") return null;
  const { id, first } = await proveAddress(tx, subject.accountType, subject);
  const owner = { accountType: subject.accountType, id };
  if (challenge !== undefined) await adoptChallenge(tx, challenge, owner);
  if (first) {
    await endSessionsOf(tx, owner);
    await endChallenges(tx, owner, [subject], challenge);
    if (registration) await register(tx, owner, registration);
    await audit(tx, from, subject.channel === "email" ? "email.prove" : "phone.prove", {
      account: owner,
      address: subject.address,
    });
  }
  return findById(tx, subject.accountType, id);
}

/** What was registered becomes the account's; with a name it is all that a profile needs. */
async function register(tx: Tx, owner: Owner, { passwordHash, name }: Registration): Promise<void> {
  await setPassword(tx, owner, passwordHash);
  if (name) await updateProfile(tx, owner, { name, isProfileComplete: true });
}

/** A proven sign-up code: the account is created or adopted, and its browser signed in. */
export async function proveSignUp(tx: Tx, subject: Subject, struck: Struck, from: Caller): Promise<Outcome<SignedIn>> {
  const account = await proveAccount(tx, subject, from, { challenge: struck.sNo });
  if (account && subject.channel === "email") await grantInvited(tx, account, from, struck.sNo);
  return account ? signIn(tx, account, "code", from) : refuse("INVALID_CODE");
}
