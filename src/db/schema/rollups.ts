import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { users } from "./accounts";
import { instant } from "./columns";

/*
 * The tables that the dashboard reads instead of the ledger: sums over settled rows, which are exact because such rows
 * no longer change, and snapshots of the fixed panels. All of them can be rebuilt from the ledger.
 */

/** One row: the end of the summed part of the ledger, and the start of each sliding window. */
export const otpRoll = pgTable(
  "otp_roll",
  {
    id: boolean("id").primaryKey().default(true),
    /** Rows before this instant are in the sums. */
    settledTo: instant("settled_to").notNull(),
    from1h: instant("from_1h").notNull(),
    from12h: instant("from_12h").notNull(),
    from24h: instant("from_24h").notNull(),
    from7d: instant("from_7d").notNull(),
    from30d: instant("from_30d").notNull(),
    from90d: instant("from_90d").notNull(),
  },
  (t) => [check("otp_roll_one_row", sql`${t.id}`)],
);

/** The number of buckets for the time from asking to verifying. `analytics/buckets.ts` has their edges. */
export const BUCKETS = 32;

const count = (name: string) => integer(name).notNull().default(0);

/** `h0` to `h31` are columns: summing an array, or one row for each bucket, took two to six times as long. */
const histogram = Object.fromEntries(Array.from({ length: BUCKETS }, (_, at) => [`h${at}`, count(`h${at}`)]));

const sums = () => ({
  asked: count("asked"),
  sent: count("sent"),
  verified: count("verified"),
  superseded: count("superseded"),
  attempts: count("attempts"),
  ...histogram,
});

const cell = () => ({
  purpose: text("purpose").notNull(),
  channel: text("channel").notNull(),
  userType: text("user_type").notNull(),
  country: text("country").notNull(),
  ...sums(),
});

/** The funnel by five minutes, for the ends of a range that are not whole hours. */
export const otpSlots = pgTable("otp_slots", { slot: instant("slot").notNull(), ...cell() }, (t) => [
  primaryKey({ columns: [t.slot, t.purpose, t.channel, t.userType, t.country] }),
]);

/** The funnel by the hour, for the ends of a range that are not whole days. */
export const otpHours = pgTable("otp_hours", { hour: instant("hour").notNull(), ...cell() }, (t) => [
  primaryKey({ columns: [t.hour, t.purpose, t.channel, t.userType, t.country] }),
]);

/** The funnel by the UTC day. */
export const otpDays = pgTable("otp_days", { day: date("day").notNull(), ...cell() }, (t) => [
  primaryKey({ columns: [t.day, t.purpose, t.channel, t.userType, t.country] }),
]);

/** 000's daily statistics, by the UTC day. */
export const otpDaily = pgTable("otp_daily", {
  day: date("day").primaryKey(),
  asked: count("asked"),
  verified: count("verified"),
  attempts: count("attempts"),
  users: count("users"),
});

/**
 * The funnel by mail domain and UTC day, which shows where mail does not arrive. A separate table, because there may be
 * thousands of domains, and every other question would read past them.
 */
export const otpDomains = pgTable(
  "otp_domains",
  {
    day: date("day").notNull(),
    mailDomain: text("mail_domain").notNull(),
    purpose: text("purpose").notNull(),
    channel: text("channel").notNull(),
    userType: text("user_type").notNull(),
    ...sums(),
  },
  (t) => [primaryKey({ columns: [t.day, t.mailDomain, t.purpose, t.channel, t.userType] })],
);

/** The funnel by mail domain and UTC day, summed over purposes, channels and account types: a third of the rows. */
export const otpDomainDays = pgTable(
  "otp_domain_days",
  { day: date("day").notNull(), mailDomain: text("mail_domain").notNull(), ...sums() },
  (t) => [primaryKey({ columns: [t.day, t.mailDomain] })],
);

/** Each account's asks in the sliding windows: 1, 12 and 24 hours, and 7, 30 and 90 days. */
export const otpUsers = pgTable(
  "otp_users",
  {
    userId: uuid("user_id")
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    asked1h: count("asked_1h"),
    asked12h: count("asked_12h"),
    asked24h: count("asked_24h"),
    asked7d: count("asked_7d"),
    verified7d: count("verified_7d"),
    attempts7d: count("attempts_7d"),
    asked30d: count("asked_30d"),
    verified30d: count("verified_30d"),
    attempts30d: count("attempts_30d"),
    asked90d: count("asked_90d"),
    verified90d: count("verified_90d"),
    attempts90d: count("attempts_90d"),
  },
  (t) => [
    index("otp_users_asked_1h_idx").on(t.asked1h.desc(), t.userId).where(sql`${t.asked1h} > 0`),
    index("otp_users_asked_12h_idx").on(t.asked12h.desc(), t.userId).where(sql`${t.asked12h} > 0`),
    index("otp_users_asked_24h_idx").on(t.asked24h.desc(), t.userId).where(sql`${t.asked24h} > 0`),
    index("otp_users_asked_7d_idx").on(t.asked7d.desc(), t.userId).where(sql`${t.asked7d} > 0`),
    index("otp_users_asked_30d_idx").on(t.asked30d.desc(), t.userId).where(sql`${t.asked30d} > 0`),
    index("otp_users_asked_90d_idx").on(t.asked90d.desc(), t.userId),
  ],
);

/** A panel's content at `as_of`. */
export const otpSnapshots = pgTable("otp_snapshots", {
  key: text("key").primaryKey(),
  asOf: instant("as_of").notNull(),
  data: jsonb("data").notNull(),
});

/**
 * Changes of ledger rows that may already be in the sums, as signed rows: the old values count -1, the new ones +1. A
 * trigger writes them (for a link clicked hours later, a deleted account, rows put in by hand), and the roll-up adds
 * them.
 */
export const otpLateChanges = pgTable("otp_late_changes", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  sign: smallint("sign").notNull(),
  createdAt: instant("created_at").notNull(),
  userId: uuid("user_id"),
  purpose: text("purpose"),
  channel: text("channel"),
  userType: text("user_type").notNull(),
  country: text("country"),
  mailDomain: text("mail_domain"),
  isVerified: boolean("is_verified").notNull(),
  verifiedAt: instant("verified_at"),
  sentAt: instant("sent_at"),
  supersededAt: instant("superseded_at"),
  attempts: integer("attempts").notNull(),
});
