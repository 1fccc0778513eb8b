import { shareOf } from "@/accounts/devices";
import { db, type Tx } from "@/db/client";
import { enqueue } from "@/delivery/enqueue";
import type { TextMessage } from "@/delivery/messages";
import { takeSms } from "@/limits/sms";
import { maskAddress } from "@/mask";
import { type Drawn, draw, issue } from "@/otp/issue";
import { type CurrentChallenge, currentChallenge } from "@/otp/ledger";
import { type Purpose, policyFor } from "@/otp/policies";
import type { Registration, Store } from "@/otp/store";
import type { Owner, Subject } from "@/otp/subject";
import type { Turn } from "@/turns";
import type { AskingCaller, Caller } from "./caller";
import { tellCode } from "./events";
import { accountAt, limited } from "./limit";
import { accept, type Outcome, refuse } from "./outcome";
import { noteRefusal, ruleOf } from "./refusals";
import { turnOf } from "./turn";

/** What is told of a code that was asked for: the same for known and unknown addresses. Seconds. */
export type Receipt = {
  channel: "email" | "sms";
  to: string;
  codeLength: number;
  expiresInSeconds: number;
  resendInSeconds: number;
};

/** Whose challenge this is, where it lies, and what is sent: a code, or a notice in its place. */
export type Plan = {
  owner: Owner | null;
  store: Store | null;
  notice: TextMessage | null;
  registration?: Registration | null;
};

/**
 * Asks for a code: one transaction issues the challenge and queues its message, or neither.
 * `plan` runs under the subject's lock, after cooldown and caps. Without a store the challenge is a decoy:
 * its message is the notice, or is dropped by the worker.
 * @param before what takes its time (bcrypt, in its turn): after the limits, before any lock
 */
export async function askForCode(
  purpose: Purpose,
  subject: Subject,
  from: AskingCaller,
  plan: (tx: Tx, drawn: Drawn) => Promise<Plan>,
  before: (turn: Turn) => Promise<void> = async () => {},
): Promise<Outcome<Receipt>> {
  const policy = policyFor(purpose, subject.channel);
  if (!policy || (subject.accountType === "demo" && subject.channel === "sms"))
    return refuse("BAD_REQUEST", { fieldErrors: { identifier: ["Demo accounts have an email address only."] } });
  const account = await accountAt(subject, from);
  const tooMany = await limited("requests", from, "code.ask", { address: subject.address, account });
  if (tooMany) return tooMany;
  const channel = subject.channel;
  const { browser, ipAddress, userAgent } = from;
  const share = await shareOf(db(), from.device, subject);
  const ask = { policy, subject, share, browser, ipAddress, userAgent };
  const turn = turnOf(from, share, account);
  const [drawn] = await Promise.all([draw(ask, turn), before(turn)]);
  const { code } = drawn;
  const issued = await db().transaction((tx) =>
    issue(tx, ask, drawn, async () => {
      const held = channel === "sms" ? await takeSms(tx, subject.address, share !== null) : null;
      if (held) return { ok: false, reason: "RATE_LIMITED", ...held };
      const { owner, store, notice, registration } = await plan(tx, drawn);
      const expiresInSeconds = policy.ttlSeconds;
      const deliveryId = await enqueue(tx, {
        channel,
        to: subject.address,
        message: notice ?? {
          template: "code",
          props: { purpose, code, expiresInSeconds, accountType: subject.accountType },
        },
        decoy: store === null && notice === null,
        expiresInSeconds,
      });
      return { owner, store, registration, deliveryId };
    }),
  );
  if (!issued.ok) {
    await noteRefusal(from, "code.ask", "rule" in issued ? issued.rule : ruleOf[issued.reason], subject.address);
    return refuse(issued.reason, { retryAfterSeconds: issued.retryAfterSeconds });
  }
  tellCode("CREATED", { purpose, subject, from, retired: issued.retired });
  return accept({
    channel,
    to: maskAddress(subject.address),
    codeLength: policy.digits,
    expiresInSeconds: policy.ttlSeconds,
    resendInSeconds: policy.cooldownSeconds,
  });
}

/** What a verify page shows again after a reload: this browser's own address, and the seconds still left. */
export type Challenge = {
  identifier: string;
  accountType: CurrentChallenge["accountType"];
  receipt: Receipt & { attemptsRemaining: number };
};

/** Asked for while signed in: in the same browser, the next person to sign in is not shown the address. */
const ofTheAccount: readonly Purpose[] = ["email-change", "phone-change"];

/** The challenge this browser asked for last, for its verify page; null leads back to asking (law 6). */
export async function challengeOf(purpose: Purpose, from: Caller): Promise<Challenge | null> {
  const current = from.browser ? await currentChallenge(db(), purpose, from.browser) : null;
  const policy = current && policyFor(purpose, current.channel);
  if (!current || !policy) return null;
  if (ofTheAccount.includes(purpose) && (!from.session || current.owner?.id !== from.session.accountId)) return null;
  return {
    identifier: current.address,
    accountType: current.accountType,
    receipt: {
      channel: current.channel,
      to: maskAddress(current.address),
      codeLength: policy.digits,
      expiresInSeconds: current.expiresInSeconds,
      resendInSeconds: Math.max(0, policy.cooldownSeconds - current.secondsSinceAsked),
      attemptsRemaining: Math.max(0, policy.attempts - current.attempts),
    },
  };
}
