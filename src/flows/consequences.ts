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
 * Signs a proven account in. It makes a new session, or adds a proof to the session of this account (step-up). The
 * session gets a new secret, and the old one dies (SES-02). The browser gets a new id, and its open challenges move to
 * it. The browser becomes a known device of the account; the owner is told of a new device, unless it is the first.
 */
export async function signIn(tx: Tx, account: Account, proof: Proof, from: Caller): Promise<Outcome<SignedIn>> {
  const state = stateOf(account);
  if (state !== "active" && state !== "incomplete")
    return refuse(proof === "code" ? "INVALID_CODE" : "INVALID_CREDENTIALS");
  const { session } = from;
  const isOwn = session?.accountId === account.id && session.accountType === account.accountType;
  if (session && !isOwn) await endSession(tx, session.id);
  const { device, ...known } = await knowDevice(tx, account, from);
  const added = isOwn ? await addProof(tx, session.id, proof, device.id) : null; // null too if that session has ended since
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
  // Last. A ledger row that another tab has locked keeps the old id.
  const browserId = from.browser === null ? null : await renewBrowser(tx, from.browser);
  return accept({ next: state === "active" ? "account" : "profile", sessionSecret, browserId, ...known });
}

/** Makes this browser a known device of the account. The secret is for the cookie of a new device. */
export async function knowDevice(
  tx: Tx,
  owner: Owner,
  { devices, userAgent }: Caller,
): Promise<KnownHere & { device: { id: string; isNew: boolean } }> {
  const { id, hash, secret } = await rememberDevice(tx, owner, devices, userAgent);
  return { deviceSecret: secret, deviceHash: hash, device: { id, isNew: secret !== null } };
}

/**
 * Proves an address: creates or adopts its account. The first proof ends everything that anybody began on the address
 * before: sessions, challenges, links, pending changes, passwords (REC-02). A registration of this same browser then
 * becomes the account's.
 * @returns the account as it is now; null if its state no longer allows this proof.
 */
export async function proveAccount(
  tx: Tx,
  subject: Subject,
  from: Caller,
  { challenge, registration = null }: { challenge?: number; registration?: Registration | null } = {},
): Promise<Account | null> {
  const state = stateOf(await holdByAddress(tx, subject.accountType, subject), subject.channel);
  // Deactivated or completed elsewhere since the ask: an active account has its own ways to sign in.
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

/** Gives the account the registered password and name; with a name the profile is complete. */
async function register(tx: Tx, owner: Owner, { passwordHash, name }: Registration): Promise<void> {
  await setPassword(tx, owner, passwordHash);
  if (name) await updateProfile(tx, owner, { name, isProfileComplete: true });
}

/** Uses a proven sign-up code: creates or adopts the account, and signs the browser in. */
export async function proveSignUp(tx: Tx, subject: Subject, struck: Struck, from: Caller): Promise<Outcome<SignedIn>> {
  const account = await proveAccount(tx, subject, from, { challenge: struck.sNo });
  if (account && subject.channel === "email") await grantInvited(tx, account, from, struck.sNo);
  return account ? signIn(tx, account, "code", from) : refuse("INVALID_CODE");
}
