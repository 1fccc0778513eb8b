import { desc, gt, sql } from "drizzle-orm";
import { z } from "zod";
import { deleteInBatches } from "@/db/batches";
import { type Db, db } from "@/db/client";
import { inboxMessages } from "@/db/schema/deliveries";
import { log } from "@/log";
import { open, SealBroken, seal } from "./seal";

const contentSchema = z.object({
  channel: z.enum(["email", "sms"]),
  to: z.string(),
  /** Null in a text message, as is `html`. */
  subject: z.string().nullable(),
  text: z.string(),
  html: z.string().nullable(),
});

export type InboxContent = z.output<typeof contentSchema>;
export type InboxMessage = InboxContent & { id: string; createdAt: Date };

export const inboxHours = 24;

const boundTo = (id: string) => `inbox:${id}`;

/** Seals a message for `inbox_messages`, bound to its row. */
export function sealInboxMessage(content: InboxContent, id: string): string {
  return seal(JSON.stringify(content), boundTo(id));
}

/**
 * The messages of the last 24 hours, newest first. Unreadable ones are left out: `APP_SECRET` no longer holds their
 * key, or another release wrote them.
 */
export async function readInbox(): Promise<InboxMessage[]> {
  const rows = await db()
    .select()
    .from(inboxMessages)
    .where(gt(inboxMessages.createdAt, sql`now() - make_interval(hours => ${inboxHours})`))
    .orderBy(desc(inboxMessages.createdAt), desc(inboxMessages.id));
  return rows.flatMap(({ id, sealed, createdAt }) => {
    try {
      return [{ id, createdAt, ...contentSchema.parse(JSON.parse(open(sealed, boundTo(id)))) }];
    } catch (fault) {
      // Any other fault may quote the opened message, which holds a code.
      log().warn({ event: "inbox.unreadable", id, ...(fault instanceof SealBroken ? { err: fault } : {}) });
      return [];
    }
  });
}

/** Deletes inbox messages older than 24 hours. Safe to run twice and in parallel. Returns how many. */
export function sweepInbox(db: Db): Promise<number> {
  return deleteInBatches(db, inboxMessages, sql`created_at < now() - make_interval(hours => ${inboxHours})`);
}
