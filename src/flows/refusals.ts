import { db } from "@/db/client";
import { countRefusal } from "@/limits/refusals";
import type { SmsRefused } from "@/limits/sms";
import { takeHit, takeWindow } from "@/limits/windows";
import { audit } from "./audit";
import type { Caller } from "./caller";

/** The most refusals recorded in an hour, for all callers together. */
const ALL_AN_HOUR = 20_000;

/** The call that was refused. */
export type Attempt =
  | "session.start"
  | "password.change"
  | "password.reset"
  | "code.ask"
  | "code.check"
  | "link.ask"
  | "email.prove"
  | "device.know"
  | "account.create"
  | "account.export"
  | "profile.change";

/** The rule of a refusal, for admins. The caller may be told less. */
export type Rule =
  | "cooldown"
  | "codes an hour"
  | "requests an hour from one IP"
  | "guesses an hour from one IP"
  | "no code in this browser"
  | "attempts used up"
  | "locked out"
  | "wrong password"
  | "no account to sign in to"
  | "guess budget"
  | "guesses in a row"
  | SmsRefused["rule"];

/** The rules of asking, by the ledger's reasons. */
export const ruleOf = { COOLDOWN: "cooldown", RATE_LIMITED: "codes an hour" } satisfies Record<string, Rule>;

/**
 * Records a refusal for the story that an admin reads. The address is stored as a keyed digest, known or not, so that a
 * known one takes no more statements. A call with only a token has no address. The ledger already counts wrong codes. A
 * flood from one address or many is recorded in part. The rest is counted by rule, purpose and network, because
 * otherwise a flood could hide an attack.
 * @param purpose the purpose of the code or link, if there is one
 */
export async function noteRefusal(
  from: Caller,
  attempt: Attempt,
  rule: Rule,
  address: string | null,
  purpose: string | null = null,
): Promise<void> {
  const { ipAddress } = from;
  const isFull = (await takeHit(db(), "refusals", { ipAddress })) !== null;
  // A second cap for all together, because a network with thousands of addresses could still fill the table.
  if (isFull || (await takeWindow(db(), "refusals *", ALL_AN_HOUR)) !== null)
    await countRefusal(db(), { attempt, purpose, rule, ipAddress });
  else await audit(db(), from, attempt, { address, refused: rule });
}
