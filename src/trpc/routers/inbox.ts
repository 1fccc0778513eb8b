import { z } from "zod";
import { inboxMessages, messagePreviews } from "@/flows/inbox";
import { unwrap } from "../errors";
import { procedure, router } from "../init";

export const inboxRouter = router({
  /** The messages of the last 24 hours, if `DELIVERY=inbox`. */
  list: procedure.input(z.strictObject({}).optional()).query(async () => {
    const messages = unwrap(await inboxMessages());
    return messages.map((message) => ({ ...message, createdAt: message.createdAt.toISOString() }));
  }),

  /** Every template, with example properties. */
  previews: procedure.input(z.strictObject({}).optional()).query(async () => unwrap(await messagePreviews())),
});
