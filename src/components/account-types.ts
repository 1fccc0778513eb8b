import type { AccountType } from "@/db/owner";
import type { Names } from "./names";

/** What the kinds of account are called. */
export const ACCOUNT_TYPES: Names<AccountType> = { live: "Live", demo: "Demo" };
