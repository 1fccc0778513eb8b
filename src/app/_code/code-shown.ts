import type { Receipt } from "@/components/code-lead";

/** What a page that takes a code is given to show. */
export type CodeShown = {
  challenge: { identifier: string; accountType: "live" | "demo"; receipt: Receipt };
  supportEmail: string | null;
  inbox: boolean;
  /** Whether text messages pause for now. */
  smsPaused: boolean;
};
