import { type Account, holdByAddress, holdById, stateOf, subjectsOf } from "@/accounts/accounts";
import { changeAddress, setPending } from "@/accounts/changes";
import { forgetOtherDevices } from "@/accounts/devices";
import type { Identifier } from "@/accounts/identifier";
import { addProof, endSessionsOf, holdSession } from "@/accounts/sessions";
import type { Tx } from "@/db/client";
import { NOBODY, type Owner } from "@/db/owner";
import { endChallenges } from "@/otp/retire";
import { emailOtps, phoneOtps } from "@/otp/stores";
import type { Subject } from "@/otp/subject";
import { requireFresh } from "./access";
import { askForCode, challengeOf, type Receipt } from "./ask";
import { audit } from "./audit";
import type { AskingCaller, Caller } from "./caller";
import { notify } from "./notices";
import { accept, type Outcome, refuse } from "./outcome";
import { prove } from "./prove";
import { forgetAccount } from "./retention";
import { isTaken } from "./unique-violation";

type Change = "email-change" | "phone-change";

/** The pending columns and the names of each change. */
const changes = {
  "email-change": { channel: "email", field: "newEmail", column: "email", pending: "pendingEmail" },
  "phone-change": { channel: "sms", field: "newPhone", column: "phone_number", pending: "pendingPhone" },
} as const;

const taken = (change: Change) =>
  refuse("TAKEN", { fieldErrors: { [changes[change].field]: ["Someone has this address already."] } });

/**
 * Asks for a change of address. The code goes to the new address. Until the proof the old address works, and nothing is
 * reserved (REC-07). Only the proof shows whether another account has the new address.
 */
export async function requestChange(
  change: Change,
  { channel, address, ...rest }: Identifier,
  from: AskingCaller,
): Promise<Outcome<Receipt>> {
  const access = await requireFresh(from);
  if (!access.ok) return access;
  const { account } = access.value;
  const { field } = changes[change];
  if (account.accountType === "demo" && channel === "sms")
    return refuse("BAD_REQUEST", { fieldErrors: { [field]: ["Demo accounts have no phone number."] } });
  if (address === (channel === "email" ? account.email : account.phoneNumber))
    return refuse("BAD_REQUEST", { fieldErrors: { [field]: ["That is the one you have."] } });
  const { accountType, id } = account;
  const subject: Subject = { accountType, channel, address, ...rest };
  const store = channel === "email" ? emailOtps : phoneOtps;
  return askForCode(change, subject, from, async (tx, { digests, ttlSeconds }) => {
    // The account was deleted since it was looked up: the challenge is a decoy.
    if (!(await holdById(tx, accountType, id))) return { owner: null, store: null, notice: null };
    const digest = digests.get(store) ?? "";
    // 001 keeps an email's digest beside the address; a number has no such column.
    const pending = channel === "email" ? { email: address, digest, ttlSeconds } : { phone: address };
    return {
      owner: { accountType, id },
      store,
      notice: null,
      // A held ask does not replace the pending address: the code that was sent there still works.
      note: (real) => setPending(tx, real ? account : { accountType, id: NOBODY }, pending),
    };
  });
}

/**
 * Proves the new address and gives it to the account. It ends every other session, challenge and pending change of the
 * account (SES-06), forgets its other devices, tells the old address and the others, and renews this session's secret.
 */
export async function confirmChange(
  change: Change,
  code: string,
  from: Caller,
): Promise<Outcome<{ sessionSecret: string }>> {
  const access = await requireFresh(from);
  if (!access.ok) return access;
  const { account, session } = access.value;
  const { channel, pending } = changes[change];
  // If the only ask was held, no address is pending. Guesses at that ask count down as usual.
  const address = account[pending] ?? (await challengeOf(change, from))?.identifier;
  if (!address) return refuse("INVALID_CODE");
  const subject: Subject = { accountType: account.accountType, channel, address };
  try {
    return await prove(change, subject, code, from, async (tx, struck, now) => {
      if (now?.id !== account.id || !(await holdSession(tx, session.id))) return refuse("INVALID_CODE");
      // Another tab may have asked for another address since.
      if (!now.isActive || now[pending] !== address) return refuse("INVALID_CODE");
      if (!(await makeRoom(tx, subject, now))) return taken(change);
      await move(tx, now, subject, from);
      await endSessionsOf(tx, now, session.id);
      await forgetOtherDevices(tx, now, session.id);
      await endChallenges(tx, now, [...subjectsOf(now), subject], struck.sNo);
      const sessionSecret = await addProof(tx, session.id, "code");
      return sessionSecret ? accept({ sessionSecret }) : refuse("UNAUTHORIZED");
    });
  } catch (fault) {
    if (isTaken(fault, changes[change].column)) return taken(change);
    throw fault;
  }
}

/** Whether the address is free. A row that nobody has proven reserves nothing and is deleted. */
async function makeRoom(tx: Tx, subject: Subject, heir: Owner): Promise<boolean> {
  const holder = await holdByAddress(tx, subject.accountType, subject);
  const state = stateOf(holder, subject.channel);
  if (!holder || state === "none") return true;
  if (state !== "unproven") return false;
  await forgetAccount(tx, holder, heir);
  return true;
}

async function move(tx: Tx, account: Account, subject: Subject, from: Caller): Promise<void> {
  await changeAddress(tx, account, subject);
  const isMail = subject.channel === "email";
  const message = isMail
    ? ({ template: "email-changed", props: { newEmail: subject.address } } as const)
    : ({ template: "phone-changed", props: { newPhone: subject.address } } as const);
  // Tells every address that was proven before, first the old one. The new address has just received the code.
  await notify(tx, account, message);
  await audit(tx, from, isMail ? "email.change" : "phone.change", { account, address: subject.address });
}
