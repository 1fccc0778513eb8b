import { z } from "zod";
import { textMessages } from "@/flows/status";
import { procedure, router } from "../init";

export const statusRouter = router({
  /** Until when no text messages are sent to anybody; null if they are sent. */
  textMessages: procedure.input(z.strictObject({}).optional()).query(async () => {
    const { pausedUntil } = await textMessages();
    return { pausedUntil: pausedUntil?.toISOString() ?? null };
  }),
});
