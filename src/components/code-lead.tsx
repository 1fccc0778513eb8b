import type { Channel } from "@/db/channel";
import type { AccountType } from "@/db/owner";
import { Lead } from "./frame";
import { words } from "./words";

/** Where a code went, how long it works, and when another can be asked for. */
export type Receipt = {
  channel: Channel;
  to: string;
  codeLength: number;
  expiresInSeconds: number;
  resendInSeconds: number;
  attemptsRemaining: number;
};

/** The title of a page that takes a code. */
export const codeTitle = { email: "Check your email", sms: "Check your phone" } as const;

type Props = { receipt: Receipt; secondsLeft: number; accountType: AccountType };

const whose: Record<AccountType, string> = { live: "", demo: " for a demo account" };

/** Says where the code went and how long it works. */
export function CodeLead({ receipt, secondsLeft, accountType }: Props) {
  return (
    <Lead title={codeTitle[receipt.channel]}>
      Enter the {receipt.codeLength}-digit code we sent to <strong>{receipt.to}</strong>
      {whose[accountType]}. {words.codeLife(secondsLeft)}
    </Lead>
  );
}
