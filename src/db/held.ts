/**
 * The rules that hold a message back. The ask is answered as any other and its row is on the ledger, but nothing goes
 * out, nothing is kept in a store, and no older code is retired.
 */
export const HELD_RULES = ["mailbox an hour", "mailbox a day", "text messages of a day"] as const;
export type HeldRule = (typeof HELD_RULES)[number];
