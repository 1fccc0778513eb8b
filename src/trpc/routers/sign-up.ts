import { z } from "zod";
import { register } from "@/flows/registration";
import { finishProfile, requestCode, verifyCode } from "@/flows/sign-up";
import { unwrap } from "../errors";
import { addressed, procedure, router } from "../init";
import { accountType, code, email, identifier, name, optionalName, password, profile } from "../input";

export const signUpRouter = router({
  requestCode: addressed
    .input(z.strictObject({ identifier, accountType }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await requestCode(input.identifier, input.accountType, await ctx.askingCaller())),
    ),

  verifyCode: addressed
    .meta({ checks: "code" })
    .input(z.strictObject({ identifier, accountType, code }))
    .mutation(async ({ input, ctx }) => {
      const outcome = await verifyCode(input.identifier, input.accountType, input.code, await ctx.caller());
      const earned = unwrap(outcome);
      ctx.signIn(earned);
      return { next: earned.next };
    }),

  register: addressed
    .meta({ checks: "password" })
    .input(z.strictObject({ email, password, name: optionalName }))
    .mutation(async ({ input: { email, password, name = null }, ctx }) =>
      unwrap(await register(email.address, { password, name }, await ctx.askingCaller())),
    ),

  completeProfile: procedure
    .meta({ checks: "password" })
    .input(
      z.strictObject({
        name,
        password: password.optional(),
        accountId: z.uuid().optional(),
        ...profile,
      }),
    )
    .mutation(async ({ input: { password, accountId, ...profile }, ctx }) => {
      const finished = finishProfile(profile, { password, accountId, secret: ctx.sessionSecret }, await ctx.caller());
      const { next, sessionSecret } = unwrap(await finished);
      if (sessionSecret) ctx.setSession(sessionSecret);
      return { next };
    }),
});
