import { z } from "zod";
import { me } from "@/flows/account";
import { procedure, router } from "../init";

export const accountRouter = router({
  me: procedure.input(z.strictObject({}).optional()).query(async ({ ctx }) => {
    const account = await me(await ctx.caller());
    // Dates leave as ISO 8601 in UTC, so that the browser's types say what JSON does.
    return (
      account && {
        ...account,
        createdAt: account.createdAt.toISOString(),
        lastLoginAt: account.lastLoginAt?.toISOString() ?? null,
      }
    );
  }),
});
