import { z } from "zod";
import { signInByPassword, signOut } from "@/flows/sign-in";
import { unwrap } from "../errors";
import { procedure, router } from "../init";
import { accountType, identifier, password } from "../input";

export const signInRouter = router({
  password: procedure
    .meta({ checks: "password" })
    .input(z.strictObject({ identifier, accountType, password }))
    .mutation(async ({ input, ctx }) => {
      const outcome = await signInByPassword(input.identifier, input.accountType, input.password, await ctx.caller());
      const { next, sessionSecret } = unwrap(outcome);
      ctx.setSession(sessionSecret);
      return { next };
    }),

  signOut: procedure.input(z.strictObject({}).optional()).mutation(async ({ ctx }) => {
    await signOut(await ctx.caller());
    ctx.clearSession();
    return { ok: true as const };
  }),
});
