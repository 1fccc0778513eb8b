import { z } from "zod";
import { knowThisDevice } from "@/flows/device-link";
import { requestCode, signInByPassword, signOut, verifyCode } from "@/flows/sign-in";
import { unwrap } from "../errors";
import { addressed, procedure, router } from "../init";
import { accountType, code, identifier, password, token } from "../input";

export const signInRouter = router({
  password: addressed
    .meta({ checks: "password" })
    .input(z.strictObject({ identifier, accountType, password }))
    .mutation(async ({ input, ctx }) => {
      const outcome = await signInByPassword(input.identifier, input.accountType, input.password, await ctx.caller());
      const earned = unwrap(outcome);
      ctx.signIn(earned);
      return { next: earned.next };
    }),

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

  redeemDeviceLink: procedure
    .meta({ checks: "token" })
    .input(z.strictObject({ token }))
    .mutation(async ({ input, ctx }) => {
      ctx.setDevice(unwrap(await knowThisDevice(input.token, await ctx.caller())));
      return { ok: true as const };
    }),

  // On the beat: an open real code has one row more to delete than a decoy.
  signOut: addressed.input(z.strictObject({}).optional()).mutation(async ({ ctx }) => {
    await signOut(await ctx.caller());
    ctx.signOut();
    return { ok: true as const };
  }),
});
