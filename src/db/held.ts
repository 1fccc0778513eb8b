/**
 * The rules that hold a message back. A held ask gets the ordinary answer and a ledger row, but sends nothing, writes
 * no store's row, and retires no older code.
 */
export const HELD_RULES = ["mailbox an hour", "mailbox a day", "text messages of a day"] as const;
export type HeldRule = (typeof HELD_RULES)[number];
