import { db } from "@/db/client";
import { countRefusal } from "@/limits/refusals";
import type { SmsRefused } from "@/limits/sms";
import { takeHit, takeWindow } from "@/limits/windows";
import { audit } from "./audit";
import type { Caller } from "./caller";

/** So many refusals are written down in an hour, whoever is refused. */
const ALL_AN_HOUR = 20_000;

/** What was refused. */
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

/** The rule behind a refusal, for admins; whoever is refused may be told less. */
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
 * Writes down why somebody was turned away, for the story that an admin reads. The address stands there as a keyed
 * digest, known or not, so that a known one takes no statement more. Where only a token came there is no address. Wrong
 * codes are counted on the ledger already. A flood from one address, or from many, is written down in part. The rest is
 * counted by rule, purpose and network: otherwise a flood would hide an attack.
 * @param purpose the code's or the link's, where it is about one
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
  // And of all together, or a network with thousands of addresses would fill the table all the same.
  if (isFull || (await takeWindow(db(), "refusals *", ALL_AN_HOUR)) !== null)
    await countRefusal(db(), { attempt, purpose, rule, ipAddress });
  else await audit(db(), from, attempt, { address, refused: rule });
}
