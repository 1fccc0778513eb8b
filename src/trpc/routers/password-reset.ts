import { z } from "zod";
import { requestCode, requestLink, reset, verifyCode } from "@/flows/password-reset";
import { unwrap } from "../errors";
import { addressed, procedure, router } from "../init";
import { accountType, code, email, identifier, password, token } from "../input";

export const passwordResetRouter = router({
  requestCode: addressed
    .input(z.strictObject({ identifier, accountType }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await requestCode(input.identifier, input.accountType, await ctx.askingCaller())),
    ),

  verifyCode: addressed
    .meta({ checks: "code" })
    .input(z.strictObject({ identifier, accountType, code }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await verifyCode(input.identifier, input.accountType, input.code, await ctx.caller())),
    ),

  requestLink: addressed
    .input(z.strictObject({ email, accountType }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await requestLink(input.email.address, input.accountType, await ctx.askingCaller())),
    ),

  reset: procedure
    .meta({ checks: "token" })
    .input(
      z.strictObject({
        resetToken: token,
        newPassword: password,
        identifier: identifier.optional(),
        accountType: accountType.unwrap().optional(),
      }),
    )
    .mutation(async ({ input: { resetToken, newPassword, ...named }, ctx }) => {
      const { accountType, ...known } = unwrap(await reset(resetToken, newPassword, named, await ctx.caller()));
      // A session of another account in this browser stays.
      ctx.setDevice(known);
      return { ok: true, accountType };
    }),
});
