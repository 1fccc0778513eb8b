import { type SQL, type SQLWrapper, sql } from "drizzle-orm";

/**
 * The mailbox of an email address, as an expression: the address without its `+tag`. What is counted for a mailbox
 * counts so; nothing else is folded (an account is known by the address as it stands). What is kept of a forgotten
 * address has no `@`, and stays as it is. The index `otp_verifications_mailbox_idx` holds this very expression.
 */
export const mailboxOf = (email: SQLWrapper): SQL => sql`regexp_replace(${email}, '(?<=.)[+][^@]*(?=@)', '')`;
