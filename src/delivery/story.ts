import { and, desc, inArray, not } from "drizzle-orm";
import type { Db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";

/** The deliveries to these addresses for their owner's export, without the contents. */
export function messagesTo(db: Db, addresses: string[], limit: number) {
  const { channel, template, recipient, state, createdAt, sentAt } = deliveries;
  return (
    db
      .select({ channel, template, recipient, state, createdAt, sentAt })
      .from(deliveries)
      // A decoy was never meant to be sent.
      .where(and(inArray(recipient, ["", ...addresses]), not(deliveries.decoy)))
      .orderBy(desc(createdAt))
      .limit(limit)
  );
}
