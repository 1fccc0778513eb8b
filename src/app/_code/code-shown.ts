import type { Receipt } from "@/components/code-lead";
import type { AccountAddress } from "./account-address";

/** What a page that takes a code is given to show. */
export type CodeShown = {
  challenge: AccountAddress & { receipt: Receipt };
  supportEmail: string | null;
  inbox: boolean;
  /** Whether text messages pause for now. */
  smsPaused: boolean;
};
