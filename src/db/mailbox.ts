import { type SQL, type SQLWrapper, sql } from "drizzle-orm";

/**
 * The mailbox of an email address, as an expression: the address without its `+tag`. Nothing else is folded. Only the
 * limits use it; an account is found by its full address. The digest of a forgotten address has no `@` and does not
 * change. The index `otp_verifications_mailbox_idx` holds the same expression.
 */
export const mailboxOf = (email: SQLWrapper): SQL => sql`regexp_replace(${email}, '(?<=.)[+][^@]*(?=@)', '')`;
