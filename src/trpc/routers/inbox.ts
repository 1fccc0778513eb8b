import { z } from "zod";
import { inboxMessages, messagePreviews } from "@/flows/inbox";
import { unwrap } from "../errors";
import { procedure, router } from "../init";

export const inboxRouter = router({
  /** What was sent in the last 24 hours, where `DELIVERY=inbox`. */
  list: procedure.input(z.strictObject({}).optional()).query(async () => {
    const messages = unwrap(await inboxMessages());
    return messages.map((message) => ({ ...message, createdAt: message.createdAt.toISOString() }));
  }),

  /** Every message there is, with made-up properties. */
  previews: procedure.input(z.strictObject({}).optional()).query(async () => unwrap(await messagePreviews())),
});
