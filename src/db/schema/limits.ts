import { sql } from "drizzle-orm";
import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { instant, updatedAt } from "./columns";

/** The number of hits in each minute. The keys are minutes since 1970 as text, at most 61. */
const hits = () => jsonb("hits").$type<Record<string, number>>().notNull();

/** The hits of one source, minute by minute over the last hour. */
export const limitWindows = pgTable(
  "limit_windows",
  { key: text("key").primaryKey(), hits: hits(), updatedAt: updatedAt() },
  (t) => [index("limit_windows_updated_at_idx").on(t.updatedAt)],
);

/**
 * Failed codes and passwords for one identifier, known or not, in one share: minute by minute over the last hour, with
 * the end of the lock. The strangers' row also holds the wrong codes in a row. The key is a keyed digest, so that it
 * does not show who is attacked.
 */
export const lockouts = pgTable(
  "lockouts",
  {
    key: text("key").primaryKey(),
    hits: hits(),
    lockedUntil: instant("locked_until"),
    /** When the owner was last told, at most once a day. */
    toldAt: instant("told_at"),
    /**
     * Wrong codes since the last success, over all purposes that open an account: at most the closing number plus one.
     */
    wrongInARow: integer("wrong_in_a_row").notNull().default(0),
    /** When the codes were closed to strangers: for 30 days, unless they are opened before. */
    closedAt: instant("closed_at"),
    updatedAt: updatedAt(),
  },
  (t) => [
    index("lockouts_updated_at_idx").on(t.updatedAt).where(sql`${t.wrongInARow} = 0`),
    index("lockouts_in_a_row_idx").on(t.updatedAt).where(sql`${t.wrongInARow} > 0`),
  ],
);

/**
 * The number of refusals in a clock hour that the audit log had no room for, by attempt, purpose, rule and network.
 * When there are many networks, further ones count as "others" (limits/refusals.ts).
 */
export const refusalCounts = pgTable(
  "refusal_counts",
  {
    hour: instant("hour").notNull(),
    attempt: text("attempt").notNull(),
    /** A code's or a link's purpose, or empty. */
    purpose: text("purpose").notNull(),
    rule: text("rule").notNull(),
    network: text("network").notNull(),
    count: bigint("count", { mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.hour, t.attempt, t.purpose, t.rule, t.network] })],
);
