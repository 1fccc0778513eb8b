import { z } from "zod";
import { finishProfile, requestCode, verifyCode } from "@/flows/sign-up";
import { unwrap } from "../errors";
import { procedure, router } from "../init";
import { accountType, birthday, code, identifier, isReadable, line, optionalLine, password } from "../input";

const username = optionalLine(32).refine(
  (value) => !value || /^[\p{L}\p{N}._-]{3,}$/u.test(value),
  "Use 3 to 32 letters, digits, dots, dashes or underscores.",
);

/** The profile's optional fields. */
const profile = {
  username,
  fullName: optionalLine(120),
  country: optionalLine(80),
  state: optionalLine(80),
  zip: optionalLine(20),
  dob: z.union([z.literal("").transform(() => null), birthday]).nullish(),
};

export const signUpRouter = router({
  requestCode: procedure
    .input(z.strictObject({ identifier, accountType }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await requestCode(input.identifier, input.accountType, await ctx.askingCaller())),
    ),

  verifyCode: procedure
    .meta({ checks: "code" })
    .input(z.strictObject({ identifier, accountType, code }))
    .mutation(async ({ input, ctx }) => {
      const outcome = await verifyCode(input.identifier, input.accountType, input.code, await ctx.caller());
      const { next, sessionSecret } = unwrap(outcome);
      ctx.setSession(sessionSecret);
      return { next };
    }),

  completeProfile: procedure
    .meta({ checks: "password" })
    .input(
      z.strictObject({
        name: line(120).refine(isReadable, "Enter your name."),
        password: password.optional(),
        accountId: z.uuid().optional(),
        ...profile,
      }),
    )
    .mutation(async ({ input: { password, accountId, ...profile }, ctx }) => {
      const finished = finishProfile(profile, { password, accountId }, await ctx.caller());
      const { next, sessionSecret } = unwrap(await finished);
      if (sessionSecret) ctx.setSession(sessionSecret);
      return { next };
    }),
});
