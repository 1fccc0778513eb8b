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
 * What the dashboard reads instead of the ledger: sums over its settled rows, which are exact because such a row no
 * longer changes, and snapshots of the fixed panels. All of it can be thrown away and rebuilt from the ledger.
 */

/** Up to where the ledger has been summed, and from where each sliding window counts. One row. */
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

/** How many buckets the time from asking to verifying falls into; `analytics/buckets.ts` has their edges. */
export const BUCKETS = 32;

const count = (name: string) => integer(name).notNull().default(0);

/** `h0` to `h31`: columns, because summing an array or a row a bucket took two to six times as long. */
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

/** The funnel by five minutes: the edges of a range that is not whole hours. */
export const otpSlots = pgTable("otp_slots", { slot: instant("slot").notNull(), ...cell() }, (t) => [
  primaryKey({ columns: [t.slot, t.purpose, t.channel, t.userType, t.country] }),
]);

/** The funnel by the hour: the edges of a range that is not whole days. */
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
 * The funnel by mail domain and UTC day: where mail does not arrive. Beside the days, because there may be thousands of
 * domains, which every other question would have to read past.
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

/** The same with purposes, channels and account types together: a third of the rows, where none of them is asked for. */
export const otpDomainDays = pgTable(
  "otp_domain_days",
  { day: date("day").notNull(), mailDomain: text("mail_domain").notNull(), ...sums() },
  (t) => [primaryKey({ columns: [t.day, t.mailDomain] })],
);

/** What each account asked for in the sliding windows: 1, 12 and 24 hours, and 7, 30 and 90 days. */
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

/** A panel as it was at `as_of`. */
export const otpSnapshots = pgTable("otp_snapshots", {
  key: text("key").primaryKey(),
  asOf: instant("as_of").notNull(),
  data: jsonb("data").notNull(),
});

/**
 * Changes of ledger rows that may be in the sums already, as signed rows: what was there counts -1, what is there now
 * +1. A trigger writes them (a link clicked hours later, an account deleted, rows put in by hand), the roll-up adds them.
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
