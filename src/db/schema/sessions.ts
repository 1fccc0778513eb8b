import { sql } from "drizzle-orm";
import { check, index, pgTable, text, unique, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { demoUsers, users } from "./accounts";
import { createdAt, instant } from "./columns";
import { knownDevices } from "./devices";

/** A signed-in browser. The cookie holds 32 random bytes, this table only their SHA-256. */
export const sessions = pgTable(
  "sessions",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    secretHash: text("secret_hash").notNull(),
    userId: uuid("user_id").references(() => users.id, { onDelete: "cascade" }),
    demoUserId: uuid("demo_user_id").references(() => demoUsers.id, { onDelete: "cascade" }),
    createdAt: createdAt(),
    lastSeenAt: instant("last_seen_at").notNull().defaultNow(),
    /** When this session last proved the password, and a code sent to the account's address. */
    passwordProvedAt: instant("password_proved_at"),
    codeProvedAt: instant("code_proved_at"),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    /** The browser's known device. Revoking the session forgets it. */
    deviceId: uuid("device_id").references(() => knownDevices.id, { onDelete: "set null" }),
    /**
     * The call that completed the profile, kept for a minute: the SHA-256 of its secret, the MAC of its body and
     * browser, and its time. If its answer was lost, it is answered again, once.
     */
    completionSecretHash: text("completion_secret_hash"),
    completionMac: text("completion_mac"),
    completedAt: instant("completed_at"),
  },
  (t) => [
    unique("sessions_secret_hash_key").on(t.secretHash),
    index("sessions_user_id_idx").on(t.userId),
    index("sessions_demo_user_id_idx").on(t.demoUserId),
    index("sessions_created_at_idx").on(t.createdAt),
    index("sessions_device_id_idx").on(t.deviceId).where(sql`${t.deviceId} is not null`),
    uniqueIndex("sessions_completion_key").on(t.completionSecretHash).where(sql`${t.completionSecretHash} is not null`),
    check("sessions_one_owner", sql`num_nonnulls(${t.userId}, ${t.demoUserId}) = 1`),
  ],
);
