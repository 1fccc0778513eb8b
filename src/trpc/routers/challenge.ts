import { z } from "zod";
import { challengeOf } from "@/flows/ask";
import { purposes } from "@/otp/policies";
import { procedure, router } from "../init";

export const challengeRouter = router({
  /** The challenge on this browser's verify page after a reload. Null leads back to asking. */
  current: procedure
    .input(z.strictObject({ purpose: z.enum(purposes) }))
    .query(async ({ input, ctx }) => challengeOf(input.purpose, await ctx.caller())),
});
