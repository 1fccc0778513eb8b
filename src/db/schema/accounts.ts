import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  index,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { createdAt, instant, updatedAt } from "./columns";

/** The columns that live and demo accounts share: document 001's fields that need no phone. */
const account = {
  id: uuid("id").primaryKey().defaultRandom(),
  /** 000's running number, for people to say aloud. Foreign keys hold the UUID. */
  sNo: bigint("s_no", { mode: "number" }).notNull().generatedByDefaultAsIdentity(),
  /** Canonical: trimmed, NFC, lower case, domain in punycode. */
  email: varchar("email", { length: 255 }),
  /** bcrypt, cost 12, over an encoded pre-hash (`accounts/passwords.ts`). */
  password: varchar("password", { length: 255 }),
  name: varchar("name", { length: 255 }),
  username: text("username"),
  fullName: text("full_name"),
  emailVerified: boolean("email_verified").notNull().default(false),
  isProfileComplete: boolean("is_profile_complete").notNull().default(false),
  isActive: boolean("is_active").notNull().default(true),
  country: text("country"),
  state: text("state"),
  zip: text("zip"),
  /** A birthday has no time zone, so it is a day, not an instant. */
  dob: date("dob"),
  /** SHA-256 of a reset link's token (documents 001 and 004, the older way). */
  resetToken: text("reset_token"),
  resetTokenExpiry: instant("reset_token_expiry"),
  pendingEmail: text("pending_email"),
  pendingEmailOtp: text("pending_email_otp"),
  pendingEmailExpiry: instant("pending_email_expiry"),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
  lastLoginAt: instant("last_login_at"),
  deactivatedAt: instant("deactivated_at"),
  lockedUntil: instant("locked_until"),
  /** Until when its codes are closed to strangers, for admins to see. `lockouts` decides. */
  codesClosedUntil: instant("codes_closed_until"),
};

/** Live accounts: documents 000, 001 and 002. */
export const users = pgTable(
  "users",
  {
    ...account,
    phoneNumber: varchar("phone_number", { length: 50 }),
    phoneVerified: boolean("phone_verified").notNull().default(false),
    role: varchar("role", { length: 50 }).notNull().default("USER"),
    userType: varchar("user_type", { length: 20 }).notNull().default("live"),
    pendingPhone: varchar("pending_phone", { length: 50 }),
    invitedAt: instant("invited_at"),
  },
  (t) => [
    unique("users_s_no_key").on(t.sNo),
    // These constraints serve as 001's indexes idx_user_email and idx_user_phoneNumber.
    unique("users_email_key").on(t.email),
    unique("users_phone_number_key").on(t.phoneNumber),
    unique("users_username_key").on(t.username),
    // To people, names that differ only in case are equal.
    uniqueIndex("users_lower_username_key").on(sql`lower(${t.username})`),
    index("users_reset_token_idx").on(t.resetToken).where(sql`${t.resetToken} is not null`),
    index("users_unproven_idx").on(t.id).where(sql`not ${t.emailVerified} and not ${t.phoneVerified}`),
    index("users_pending_email_expiry_idx").on(t.pendingEmailExpiry).where(sql`${t.pendingEmailExpiry} is not null`),
    index("users_pending_phone_idx").on(t.pendingPhone).where(sql`${t.pendingPhone} is not null`),
    index("users_locked_until_idx").on(t.lockedUntil).where(sql`${t.lockedUntil} is not null`),
    index("users_codes_closed_until_idx").on(t.codesClosedUntil).where(sql`${t.codesClosedUntil} is not null`),
    // For the admins' search. `analytics/accounts.ts` uses the same expression.
    index("users_words_idx").using(
      "gin",
      sql`to_tsvector('simple', coalesce(name, '') || ' ' || coalesce(full_name, '') || ' ' || coalesce(username, '') || ' ' || translate(coalesce(email, ''), '@.+-_', '     ') || ' ' || coalesce(substr(phone_number, 2), ''))`,
    ),
    check("users_role_known", sql`${t.role} in ('USER', 'ADMIN')`),
    check("users_are_live", sql`${t.userType} = 'live'`),
    check("users_email_canonical", sql`${t.email} = lower(btrim(${t.email}))`),
    check("users_phone_number_e164", sql`${t.phoneNumber} ~ '^\\+[1-9][0-9]{6,14}$'`),
    check("users_reachable", sql`${t.email} is not null or ${t.phoneNumber} is not null`),
  ],
);

/** Demo accounts: document 002. They have an email only, and no role. */
export const demoUsers = pgTable(
  "demo_users",
  { ...account, email: varchar("email", { length: 255 }).notNull() },
  (t) => [
    unique("demo_users_s_no_key").on(t.sNo),
    unique("demo_users_email_key").on(t.email),
    unique("demo_users_username_key").on(t.username),
    uniqueIndex("demo_users_lower_username_key").on(sql`lower(${t.username})`),
    index("demo_users_reset_token_idx").on(t.resetToken).where(sql`${t.resetToken} is not null`),
    index("demo_users_unproven_idx").on(t.id).where(sql`not ${t.emailVerified}`),
    index("demo_users_pending_email_expiry_idx")
      .on(t.pendingEmailExpiry)
      .where(sql`${t.pendingEmailExpiry} is not null`),
    check("demo_users_email_canonical", sql`${t.email} = lower(btrim(${t.email}))`),
  ],
);
