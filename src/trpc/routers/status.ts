import { z } from "zod";
import { textMessages } from "@/flows/status";
import { procedure, router } from "../init";

export const statusRouter = router({
  /** Until when text messages pause, the same for everybody; null while they go out. */
  textMessages: procedure.input(z.strictObject({}).optional()).query(async () => {
    const { pausedUntil } = await textMessages();
    return { pausedUntil: pausedUntil?.toISOString() ?? null };
  }),
});
