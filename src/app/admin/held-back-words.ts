import type { Names } from "@/components/names";
import type { HeldRule } from "@/db/held";

/** Why nothing was sent, by the rule that held the message back. */
export const HELD_BACK: Names<HeldRule> = {
  "mailbox an hour": "the mailbox had its messages of the hour",
  "mailbox a day": "the mailbox had its messages of the day",
  "text messages of a day": "all text messages of the day were used up",
};

/** What these rules are called. */
export const HELD_BACK_BY: Names<HeldRule> = {
  "mailbox an hour": "10 an hour to one mailbox",
  "mailbox a day": "30 a day to one mailbox",
  "text messages of a day": "Text messages of a day",
};
