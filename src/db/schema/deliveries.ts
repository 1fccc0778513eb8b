import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant, updatedAt } from "./columns";

/** One message and its history. The sealed content is erased when the message is sent or dropped. */
export const deliveries = pgTable(
  "deliveries",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    channel: text("channel").notNull(),
    template: text("template").notNull(),
    recipient: text("recipient").notNull(),
    /** The template's properties, AES-256-GCM under the app's key; null once sent or dropped. */
    sealed: text("sealed"),
    /** The worker drops a decoy. It is queued like any message, so that asking takes the same work. */
    decoy: boolean("decoy").notNull().default(false),
    state: text("state").notNull().default("queued"),
    attempts: integer("attempts").notNull().default(0),
    provider: text("provider"),
    providerId: text("provider_id"),
    error: text("error"),
    /** Nothing is sent after this instant, because a code that does not work confuses people. */
    expiresAt: instant("expires_at").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    sentAt: instant("sent_at"),
  },
  (t) => [
    index("deliveries_created_at_idx").on(t.createdAt),
    index("deliveries_recipient_idx").on(t.recipient),
    index("deliveries_queued_idx").on(t.expiresAt).where(sql`${t.state} = 'queued'`),
    check("deliveries_channel_known", sql`${t.channel} in ('email', 'sms')`),
    check("deliveries_state_known", sql`${t.state} in ('queued', 'sent', 'failed', 'dropped')`),
    check("deliveries_erased", sql`${t.state} = 'queued' or ${t.sealed} is null`),
  ],
);

/** The messages of `DELIVERY=inbox`, to read on `/dev/inbox` for 24 hours. They hold codes, so they are sealed. */
export const inboxMessages = pgTable(
  "inbox_messages",
  {
    id: uuid("id")
      .primaryKey()
      .references(() => deliveries.id, { onDelete: "cascade" }),
    sealed: text("sealed").notNull(),
    createdAt: createdAt(),
  },
  (t) => [index("inbox_messages_created_at_idx").on(t.createdAt)],
);
