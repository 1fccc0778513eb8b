import { sql } from "drizzle-orm";
import { check, index, pgTable, text, unique, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { demoUsers, users } from "./accounts";
import { createdAt, instant } from "./columns";

/**
 * A known device of an account. Its `id` is its share in the ledger. The cookie holds 32 random bytes, this table their
 * SHA-256.
 */
export const knownDevices = pgTable(
  "known_devices",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    secretHash: text("secret_hash").notNull(),
    userId: uuid("user_id").references(() => users.id, { onDelete: "cascade" }),
    demoUserId: uuid("demo_user_id").references(() => demoUsers.id, { onDelete: "cascade" }),
    userAgent: text("user_agent"),
    createdAt: createdAt(),
    lastSeenAt: instant("last_seen_at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("known_devices_user_key").on(t.userId, t.secretHash).where(sql`${t.userId} is not null`),
    uniqueIndex("known_devices_demo_user_key").on(t.demoUserId, t.secretHash).where(sql`${t.demoUserId} is not null`),
    index("known_devices_last_seen_at_idx").on(t.lastSeenAt),
    check("known_devices_one_owner", sql`num_nonnulls(${t.userId}, ${t.demoUserId}) = 1`),
  ],
);

/**
 * A link that makes a browser a known device of an account, and nothing else. The owner gets it with the notice that
 * strangers were locked out or codes closed. `token` is the SHA-256 of the link's 32 random bytes.
 */
export const deviceLinks = pgTable(
  "device_links",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    token: text("token").notNull(),
    userId: uuid("user_id").references(() => users.id, { onDelete: "cascade" }),
    demoUserId: uuid("demo_user_id").references(() => demoUsers.id, { onDelete: "cascade" }),
    createdAt: createdAt(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (t) => [
    unique("device_links_token_key").on(t.token),
    index("device_links_user_id_idx").on(t.userId).where(sql`${t.userId} is not null`),
    index("device_links_demo_user_id_idx").on(t.demoUserId).where(sql`${t.demoUserId} is not null`),
    index("device_links_expires_at_idx").on(t.expiresAt),
    check("device_links_one_owner", sql`num_nonnulls(${t.userId}, ${t.demoUserId}) = 1`),
  ],
);
