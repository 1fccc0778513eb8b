import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  boolean,
  check,
  index,
  integer,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import type { HeldRule } from "../held";
import { mailboxOf } from "../mailbox";
import { demoUsers, users } from "./accounts";
import { createdAt, instant } from "./columns";
import { deliveries } from "./deliveries";

/*
 * The documented code tables, in one file so that their differences show. Column names are the documents'. A comment
 * says why a column was added. The documents kept some codes in clear: here they are digests, so those columns are
 * wider.
 */

const userId = () => uuid("user_id").references(() => users.id, { onDelete: "cascade" });
const demoUserId = () => uuid("demo_user_id").references(() => demoUsers.id, { onDelete: "cascade" });

/** Added to every code table: the ledger number of the row's challenge. A row without it verifies nothing. */
const ledgerSNo = () =>
  bigint("ledger_s_no", { mode: "number" }).references(() => otpVerifications.sNo, { onDelete: "cascade" });

const attempts = () => integer("attempts").notNull().default(0);

/**
 * The ledger (document 000): a row for every code and link ever asked for, real or decoy. Rows put in by plain SQL with
 * only the documented columns are valid: all added columns are nullable or have a default.
 */
export const otpVerifications = pgTable(
  "otp_verifications",
  {
    sNo: bigint("s_no", { mode: "number" }).primaryKey().generatedByDefaultAsIdentity(),
    userId: userId(),
    phone: text("phone"),
    /** Documented. The engine leaves it empty, because the ledger outlives every code: the stores hold the digests. */
    otp: text("otp"),
    isVerified: boolean("is_verified").notNull().default(false),
    attempts: attempts(),
    createdAt: createdAt(),
    verifiedAt: instant("verified_at"),
    expiresAt: instant("expires_at"),
    ipAddress: text("ip_address"),

    demoUserId: demoUserId(),
    userType: varchar("user_type", { length: 20 }).notNull().default("live"),
    email: varchar("email", { length: 255 }),
    purpose: text("purpose"),
    channel: text("channel"),
    /** SHA-256 of the asking browser's cookie. Only that browser may verify a code. */
    browser: text("browser"),
    /** The known device whose share counts this challenge; null is the strangers' share. */
    device: uuid("device"),
    userAgent: text("user_agent"),
    mailDomain: text("mail_domain"),
    country: text("country"),
    /** When a newer challenge of its subject, purpose and share retired this one. */
    supersededAt: instant("superseded_at"),
    deliveryId: uuid("delivery_id").references(() => deliveries.id, { onDelete: "set null" }),
    /** When the provider took its message. The ledger outlives the delivery. */
    sentAt: instant("sent_at"),
    /** The rule that held its message back. */
    held: text("held").$type<HeldRule>(),
  },
  (t) => [
    index("otp_verifications_created_at_idx").on(t.createdAt),
    index("otp_verifications_user_id_idx").on(t.userId, t.createdAt.desc()),
    index("otp_verifications_demo_user_id_idx").on(t.demoUserId).where(sql`${t.demoUserId} is not null`),
    index("otp_verifications_email_idx").on(t.email, t.userType, t.createdAt.desc()).where(sql`${t.email} is not null`),
    index("otp_verifications_phone_idx").on(t.phone, t.createdAt.desc()).where(sql`${t.phone} is not null`),
    index("otp_verifications_browser_idx").on(t.browser, t.createdAt.desc()).where(sql`${t.browser} is not null`),
    index("otp_verifications_pending_idx").on(t.expiresAt).where(sql`not ${t.isVerified}`),
    index("otp_verifications_failed_idx")
      .on(t.attempts, t.createdAt.desc(), t.sNo.desc())
      .where(sql`not ${t.isVerified} and ${t.attempts} >= 1`),
    index("otp_verifications_purpose_idx").on(t.purpose, t.channel, t.createdAt.desc(), t.sNo.desc()),
    index("otp_verifications_ip_address_idx")
      .on(t.ipAddress, t.createdAt.desc(), t.sNo.desc())
      .where(sql`${t.ipAddress} is not null`),
    index("otp_verifications_demo_idx").on(t.createdAt.desc(), t.sNo.desc()).where(sql`${t.userType} = 'demo'`),
    index("otp_verifications_block_idx")
      .on(sql`left(${t.phone}, 8)`, t.createdAt.desc())
      .where(sql`${t.phone} is not null and ${t.sentAt} is not null`),
    index("otp_verifications_delivery_id_idx").on(t.deliveryId).where(sql`${t.deliveryId} is not null`),
    index("otp_verifications_mailbox_idx")
      .on(mailboxOf(t.email), t.createdAt.desc())
      .where(sql`${t.email} is not null and ${t.device} is null and ${t.browser} is not null and ${t.held} is null`),
    index("otp_verifications_held_idx").on(t.held, t.createdAt.desc(), t.sNo.desc()).where(sql`${t.held} is not null`),
    check("otp_verifications_user_type_known", sql`${t.userType} in ('live', 'demo')`),
    check("otp_verifications_attempts_counted", sql`${t.attempts} >= 0`),
    check("otp_verifications_one_owner", sql`num_nonnulls(${t.userId}, ${t.demoUserId}) <= 1`),
  ],
);

/** 002: a code for an address that has no account yet, live or demo. */
export const signupOtps = pgTable(
  "signup_otps",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    email: varchar("email", { length: 255 }).notNull(),
    userType: varchar("user_type", { length: 20 }).notNull(),
    otpCode: varchar("otp_code", { length: 255 }).notNull(),
    createdAt: createdAt(),
    expiresAt: instant("expires_at").notNull(),
    isVerified: boolean("is_verified").notNull().default(false),
    verifiedAt: instant("verified_at"),
    userId: userId(),
    demoUserId: demoUserId(),
    attempts: attempts(),
    ledgerSNo: ledgerSNo(),
  },
  (t) => [
    unique("_signup_otp_email_user_type_uc").on(t.email, t.userType),
    unique("signup_otps_ledger_s_no_key").on(t.ledgerSNo),
    index("signup_otps_user_id_idx").on(t.userId),
    index("signup_otps_demo_user_id_idx").on(t.demoUserId),
    index("signup_otps_expires_at_idx").on(t.expiresAt),
    check("signup_otps_user_type_known", sql`${t.userType} in ('live', 'demo')`),
    check("signup_otps_attempts_counted", sql`${t.attempts} >= 0`),
  ],
);

/** 002: a sign-up code for an account that exists but is not active, live or demo. */
export const otps = pgTable(
  "otps",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    userId: userId(),
    demoUserId: demoUserId(),
    email: varchar("email", { length: 255 }).notNull(),
    otpCode: varchar("otp_code", { length: 255 }).notNull(),
    attempts: attempts(),
    createdAt: createdAt(),
    expiresAt: instant("expires_at").notNull(),
    ledgerSNo: ledgerSNo(),
  },
  (t) => [
    unique("otps_ledger_s_no_key").on(t.ledgerSNo),
    index("otps_user_id_idx").on(t.userId),
    index("otps_demo_user_id_idx").on(t.demoUserId),
    index("otps_expires_at_idx").on(t.expiresAt),
    check("otps_one_owner", sql`num_nonnulls(${t.userId}, ${t.demoUserId}) = 1`),
    check("otps_attempts_counted", sql`${t.attempts} >= 0`),
  ],
);

/** 001: codes by email. */
export const emailOtps = pgTable(
  "email_otps",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    userId: userId(),
    otp: varchar("otp", { length: 255 }).notNull(),
    type: varchar("type", { length: 50 }).notNull(),
    expiresAt: instant("expires_at").notNull(),
    isUsed: boolean("is_used").notNull().default(false),
    attempts: attempts(),
    maxAttempts: integer("max_attempts").notNull().default(3),
    createdAt: createdAt(),
    demoUserId: demoUserId(),
    ledgerSNo: ledgerSNo(),
  },
  (t) => [
    unique("email_otps_ledger_s_no_key").on(t.ledgerSNo),
    index("idx_emailotp_user_id").on(t.userId),
    index("idx_emailotp_otp").on(t.otp),
    index("idx_emailotp_expires_at").on(t.expiresAt),
    index("email_otps_demo_user_id_idx").on(t.demoUserId),
    check("email_otps_type_known", sql`${t.type} in ('SIGNUP', 'SIGNIN', 'PASSWORD_RESET', 'EMAIL_CHANGE')`),
    check("email_otps_one_owner", sql`num_nonnulls(${t.userId}, ${t.demoUserId}) = 1`),
    check("email_otps_attempts_counted", sql`${t.attempts} >= 0`),
  ],
);

/** 001: codes by SMS. Only a sign-up's row may have no account. */
export const phoneOtps = pgTable(
  "phone_otps",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    userId: userId(),
    otp: varchar("otp", { length: 255 }).notNull(),
    type: varchar("type", { length: 50 }).notNull(),
    expiresAt: instant("expires_at").notNull(),
    isUsed: boolean("is_used").notNull().default(false),
    attempts: attempts(),
    maxAttempts: integer("max_attempts").notNull().default(3),
    createdAt: createdAt(),
    phone: varchar("phone", { length: 50 }),
    resetToken: text("reset_token"),
    resetTokenExpiry: instant("reset_token_expiry"),
    ledgerSNo: ledgerSNo(),
  },
  (t) => [
    unique("phone_otps_ledger_s_no_key").on(t.ledgerSNo),
    unique("phone_otps_reset_token_key").on(t.resetToken),
    index("idx_phoneotp_user_id").on(t.userId),
    index("idx_phoneotp_otp").on(t.otp),
    index("idx_phoneotp_expires_at").on(t.expiresAt),
    check("phone_otps_type_known", sql`${t.type} in ('SIGNUP', 'SIGNIN', 'PASSWORD_RESET', 'PHONE_CHANGE')`),
    check("phone_otps_owner", sql`${t.userId} is not null or ${t.type} = 'SIGNUP'`),
    check("phone_otps_phone_e164", sql`${t.phone} ~ '^\\+[1-9][0-9]{6,14}$'`),
    check("phone_otps_attempts_counted", sql`${t.attempts} >= 0`),
  ],
);

/** 001: links that prove an address. `token` is the SHA-256 of the mail's token. */
export const emailVerificationTokens = pgTable(
  "email_verification_tokens",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    token: varchar("token", { length: 255 }).notNull(),
    userId: userId().notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
    createdAt: createdAt(),
    /** Leads to the browser that asked: a click signs that browser in. */
    ledgerSNo: ledgerSNo(),
  },
  (t) => [
    // This constraint serves as 001's index idx_token_token.
    unique("email_verification_tokens_token_key").on(t.token),
    unique("email_verification_tokens_ledger_s_no_key").on(t.ledgerSNo),
    index("idx_token_user_id").on(t.userId),
    index("email_verification_tokens_created_at_idx").on(t.createdAt),
  ],
);

/** 003: eight-digit passcodes. A constraint allows one unused for each user and code type. */
export const passcodes = pgTable(
  "passcodes",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    userId: userId().notNull(),
    codeType: varchar("code_type", { length: 50 }).notNull(),
    code: varchar("code", { length: 255 }).notNull(),
    isUsed: boolean("is_used").notNull().default(false),
    expiresAt: instant("expires_at").notNull(),
    createdAt: createdAt(),
    attempts: attempts(),
    /** A registration's hashed password. It becomes the account's only at the proof. */
    pendingPassword: varchar("pending_password", { length: 255 }),
    pendingName: varchar("pending_name", { length: 255 }),
    ledgerSNo: ledgerSNo(),
  },
  (t) => [
    uniqueIndex("unique_active_passcode_per_user_per_type").on(t.userId, t.codeType).where(sql`not ${t.isUsed}`),
    unique("passcodes_ledger_s_no_key").on(t.ledgerSNo),
    index("passcodes_user_id_idx").on(t.userId),
    index("passcodes_expires_at_idx").on(t.expiresAt),
    check("passcodes_attempts_counted", sql`${t.attempts} >= 0`),
  ],
);

/** 004: a password reset by code, then by a token kept hashed on the same row. */
export const passwordResetOtps = pgTable(
  "password_reset_otps",
  {
    id: text("id").primaryKey().default(sql`gen_random_uuid()::text`),
    otp: text("otp").notNull(),
    userId: userId(),
    email: text("email").notNull(),
    expiresAt: instant("expires_at").notNull(),
    verified: boolean("verified").notNull().default(false),
    attempts: attempts(),
    createdAt: createdAt(),
    demoUserId: demoUserId(),
    resetToken: text("reset_token"),
    resetTokenExpiry: instant("reset_token_expiry"),
    ledgerSNo: ledgerSNo(),
  },
  (t) => [
    unique("password_reset_otps_ledger_s_no_key").on(t.ledgerSNo),
    unique("password_reset_otps_reset_token_key").on(t.resetToken),
    index("password_reset_otps_user_id_idx").on(t.userId),
    index("password_reset_otps_email_idx").on(t.email),
    index("password_reset_otps_expires_at_idx").on(t.expiresAt),
    index("password_reset_otps_demo_user_id_idx").on(t.demoUserId),
    check("password_reset_otps_one_owner", sql`num_nonnulls(${t.userId}, ${t.demoUserId}) = 1`),
    check("password_reset_otps_attempts_counted", sql`${t.attempts} >= 0`),
  ],
);
