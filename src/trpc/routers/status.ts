import { z } from "zod";
import { textMessages } from "@/flows/status";
import { procedure, router } from "../init";

export const statusRouter = router({
  /** When text messages start again; null if they are not paused. */
  textMessages: procedure.input(z.strictObject({}).optional()).query(async () => {
    const { pausedUntil } = await textMessages();
    return { pausedUntil: pausedUntil?.toISOString() ?? null };
  }),
});
