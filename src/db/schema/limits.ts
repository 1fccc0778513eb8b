import { sql } from "drizzle-orm";
import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { instant, updatedAt } from "./columns";

/** Minutes since 1970, as text, to how many hits fell into each. At most 61 of them. */
const hits = () => jsonb("hits").$type<Record<string, number>>().notNull();

/** How often one address did one kind of thing, minute by minute, over the last hour. */
export const limitWindows = pgTable(
  "limit_windows",
  { key: text("key").primaryKey(), hits: hits(), updatedAt: updatedAt() },
  (t) => [index("limit_windows_updated_at_idx").on(t.updatedAt)],
);

/**
 * Failed codes and passwords for one identifier, known or not, in one share: minute by minute over the last hour, and
 * until when nothing is compared for it. The strangers' row holds the wrong codes in a row, too. The key is a keyed
 * digest: it says nothing of who has been guessed at.
 */
export const lockouts = pgTable(
  "lockouts",
  {
    key: text("key").primaryKey(),
    hits: hits(),
    lockedUntil: instant("locked_until"),
    /** When the owner was told last: once a day. */
    toldAt: instant("told_at"),
    /** Wrong codes since the last success, over all purposes that open an account; at most one more than close them. */
    wrongInARow: integer("wrong_in_a_row").notNull().default(0),
    /** When they closed these codes to strangers: for 30 days, if nothing opens them before. */
    closedAt: instant("closed_at"),
    updatedAt: updatedAt(),
  },
  (t) => [
    index("lockouts_updated_at_idx").on(t.updatedAt).where(sql`${t.wrongInARow} = 0`),
    index("lockouts_in_a_row_idx").on(t.updatedAt).where(sql`${t.wrongInARow} > 0`),
  ],
);

/**
 * Refusals that the audit log had no room for in a clock hour: how many by attempt, purpose, rule and network. A
 * network is counted by itself while there are few, and then as "others" (limits/refusals.ts).
 */
export const refusalCounts = pgTable(
  "refusal_counts",
  {
    hour: instant("hour").notNull(),
    attempt: text("attempt").notNull(),
    /** A code's or a link's; empty where there is none. */
    purpose: text("purpose").notNull(),
    rule: text("rule").notNull(),
    network: text("network").notNull(),
    count: bigint("count", { mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.hour, t.attempt, t.purpose, t.rule, t.network] })],
);
