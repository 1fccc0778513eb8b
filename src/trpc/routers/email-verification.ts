import { z } from "zod";
import { confirmLink, requestLink, verifyCode } from "@/flows/email-verification";
import { requestCode } from "@/flows/registration";
import { unwrap } from "../errors";
import { addressed, procedure, router } from "../init";
import { code, email, token } from "../input";

export const emailVerificationRouter = router({
  requestCode: addressed
    .input(z.strictObject({ email }))
    .mutation(async ({ input, ctx }) => unwrap(await requestCode(input.email.address, await ctx.askingCaller()))),

  verifyCode: addressed
    .meta({ checks: "code" })
    .input(z.strictObject({ email, code }))
    .mutation(async ({ input, ctx }) => {
      const earned = unwrap(await verifyCode(input.email.address, input.code, await ctx.caller()));
      ctx.signIn(earned);
      return { next: earned.next };
    }),

  requestLink: addressed
    .input(z.strictObject({ email }))
    .mutation(async ({ input, ctx }) => unwrap(await requestLink(input.email.address, await ctx.askingCaller()))),

  confirmLink: procedure
    .meta({ checks: "token" })
    .input(z.strictObject({ token }))
    .mutation(async ({ input, ctx }) => {
      const earned = unwrap(await confirmLink(input.token, await ctx.caller()));
      if (earned.sessionSecret !== null) ctx.signIn(earned);
      return { next: earned.next };
    }),
});
