import type { Channel } from "@/db/channel";
import { db, type Tx } from "@/db/client";
import type { Owner } from "@/db/owner";
import { enqueue } from "@/delivery/enqueue";
import type { TextMessage } from "@/delivery/messages";
import { smsDayHolds, takeSms } from "@/limits/sms";
import { maskAddress } from "@/mask";
import { type CurrentChallenge, currentChallenge } from "@/otp/current";
import { type Drawn, draw, issue } from "@/otp/issue";
import { type Purpose, policyFor } from "@/otp/policies";
import type { Registration, Store } from "@/otp/store";
import type { Subject } from "@/otp/subject";
import type { Turn } from "@/turns";
import { askerOf, mailHolds } from "./asker";
import type { AskingCaller, Caller } from "./caller";
import { tellCode } from "./events";
import { accountAt, limited } from "./limit";
import { accept, type Outcome, refuse } from "./outcome";
import { noteRefusal, ruleOf } from "./refusals";
import { turnOf } from "./turn";

/** The answer to an ask for a code: the same for known and unknown addresses. Seconds. */
export type Receipt = {
  channel: Channel;
  to: string;
  codeLength: number;
  expiresInSeconds: number;
  resendInSeconds: number;
};

/** The owner and the store of a challenge, and its message: a code, or a notice in its place. */
export type Plan = {
  owner: Owner | null;
  store: Store | null;
  notice: TextMessage | null;
  registration?: Registration | null;
  /**
   * Writes other data of the challenge, after it is known whether the message is held. If it is held, `real` is false,
   * and the same statements must change nothing.
   */
  note?: (real: boolean) => Promise<void>;
};

/**
 * Asks for a code. One transaction issues the challenge and queues its message, or does neither. `plan` runs under the
 * subject's lock, after the cooldown and the caps. Without a store the challenge is a decoy: its message is the notice,
 * or is dropped by the worker. A held message is dropped by the worker too. A held ask runs the same statements and
 * gets the same answer, and the code that arrived before it still works.
 * @param before slow work (bcrypt, in its turn): it runs after the limits and before any lock
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
  const tooMany = await limited("requests", from, "code.ask", { address: subject.address, account, purpose });
  if (tooMany) return tooMany;
  const channel = subject.channel;
  const asker = await askerOf(subject, from, account);
  const isKnown = asker.share !== null;
  const ask = { policy, ...asker, browser: from.browser };
  const turn = turnOf(from, asker.share, account);
  const [drawn] = await Promise.all([draw(ask, turn), before(turn)]);
  const { code } = drawn;
  const issued = await db().transaction((tx) =>
    issue(tx, ask, drawn, async () => {
      const refused = channel === "sms" ? await takeSms(tx, subject.address, isKnown) : null;
      if (refused) return { ok: false, reason: "RATE_LIMITED", ...refused };
      const { owner, store, notice, registration, note } = await plan(tx, drawn);
      const goesOut = store !== null || notice !== null;
      const held =
        channel === "sms" ? await smsDayHolds(tx, { isKnown, goesOut }) : await mailHolds(tx, asker, purpose);
      await note?.(held === null);
      const expiresInSeconds = policy.ttlSeconds;
      const deliveryId = await enqueue(tx, {
        channel,
        to: subject.address,
        message: notice ?? {
          template: "code",
          props: { purpose, code, expiresInSeconds, accountType: subject.accountType },
        },
        decoy: held !== null || !goesOut,
        expiresInSeconds,
      });
      return { owner, store, registration, deliveryId, held };
    }),
  );
  if (!issued.ok) {
    const rule = "rule" in issued ? issued.rule : ruleOf[issued.reason];
    await noteRefusal(from, "code.ask", rule, subject.address, purpose);
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

/** The data of a verify page after a reload: this browser's own address, and the seconds left. */
export type Challenge = {
  identifier: string;
  accountType: CurrentChallenge["accountType"];
  receipt: Receipt & { attemptsRemaining: number };
};

/** The purposes that need a session. The next account in the same browser is not shown their addresses. */
const ofTheAccount: readonly Purpose[] = ["email-change", "phone-change"];

/** The challenge that this browser asked for last, for its verify page. Null leads back to the ask (law 6). */
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
