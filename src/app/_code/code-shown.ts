import type { Receipt } from "@/components/code-lead";
import type { AccountAddress } from "./account-address";

/** The props of a page that takes a code. */
export type CodeShown = {
  challenge: AccountAddress & { receipt: Receipt };
  supportEmail: string | null;
  inbox: boolean;
  /** Whether text messages are paused. */
  smsPaused: boolean;
};
