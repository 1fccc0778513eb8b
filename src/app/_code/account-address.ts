import type { AccountType } from "@/db/owner";

/** An email or a phone number, and the kind of account it belongs to. One address can have an account of both kinds. */
export type AccountAddress = { identifier: string; accountType: AccountType };
