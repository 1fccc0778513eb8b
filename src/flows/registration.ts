import { type AccountState, createUnproven, keepByAddress, stateOf } from "@/accounts/accounts";
import { hashPassword, passwordFault } from "@/accounts/passwords";
import type { Tx } from "@/db/client";
import type { TextMessage } from "@/delivery/messages";
import { registrationOf } from "@/otp/retire";
import type { Registration } from "@/otp/store";
import { passcodes } from "@/otp/stores";
import type { Subject } from "@/otp/subject";
import type { Turn } from "@/turns";
import { askForCode, type Plan, type Receipt } from "./ask";
import type { AskingCaller } from "./caller";
import { type Outcome, refuse } from "./outcome";

const subjectOf = (email: string): Subject => ({ accountType: "live", channel: "email", address: email });

/**
 * Registers with a password first (003). The new row has no password, and an eight-digit passcode goes to the address.
 * The password and the name wait until this browser proves the passcode, so a registration of somebody else's address
 * prepares nothing (REC-02). An address with an account gets a notice, and the caller the same answer.
 */
export async function register(
  email: string,
  { password, name }: { password: string; name: string | null },
  from: AskingCaller,
): Promise<Outcome<Receipt>> {
  const subject = subjectOf(email);
  const fault = passwordFault(password, [email, name ?? ""]);
  if (fault) return refuse(fault);
  let registration: Registration | null = null;
  const hash = async (turn: Turn) => {
    registration = { passwordHash: await hashPassword(password, turn), name };
  };
  return askForCode("verification", subject, from, (tx) => planRegistration(tx, subject, registration), hash);
}

/** The message in place of a passcode: a notice for an existing account, else none. */
function noticeTo(state: AccountState): TextMessage | null {
  switch (state) {
    case "incomplete":
    case "active":
      return { template: "already-registered", props: { accountType: "live" } };
    case "deactivated":
      return { template: "account-deactivated", props: {} };
    default:
      return null;
  }
}

async function planRegistration(tx: Tx, subject: Subject, registration: Registration | null): Promise<Plan> {
  const account = await keepByAddress(tx, "live", subject);
  const state = stateOf(account, "email");
  const created = await createUnproven(tx, subject.address, { real: state === "none" });
  const id = account?.id ?? created;
  const owner = id === null ? null : { accountType: "live" as const, id };
  if (state === "none" || state === "unproven") return { owner, store: passcodes, registration, notice: null };
  return { owner, store: null, notice: noticeTo(state) };
}

/**
 * Sends a new passcode at once; all earlier ones are deleted (003). This browser's registration keeps waiting; a resend
 * from another browser drops it. An address that is proven by now gets the notice of `register`.
 */
export function requestCode(email: string, from: AskingCaller): Promise<Outcome<Receipt>> {
  const subject = subjectOf(email);
  return askForCode("verification", subject, from, async (tx) => {
    const account = await keepByAddress(tx, "live", subject);
    const owner = account && { accountType: "live" as const, id: account.id };
    const state = stateOf(account, "email");
    const isUnproven = state === "unproven";
    const registration = await registrationOf(tx, isUnproven && account ? account.id : null, from.browser);
    return { owner, store: isUnproven ? passcodes : null, registration, notice: noticeTo(state) };
  });
}
