import { z } from "zod";
import { listCodes } from "@/analytics/codes";
import { HELD_RULES } from "@/analytics/held";
import { answer, digestsOf, showing } from "@/flows/admin-view";
import { admin, adminProcedure, cursor, direction, instant, purpose, reveal } from "../admin";
import { router } from "../init";
import { accountTypeShown, identifier, text } from "../input";

export const adminCodesRouter = router({
  /** Matching codes, newest first. The dashboard's numbers link here. */
  list: adminProcedure
    .input(
      z
        .strictObject({
          userId: z.uuid().optional(),
          demoUserId: z.uuid().optional(),
          /** An address, which may have no account. */
          address: identifier.optional(),
          ipAddress: text(64).optional(),
          block: z
            .string()
            .regex(/^\+\d{1,7}$/, "Enter up to seven digits of a number, with its plus.")
            .optional(),
          signupOtps: z.boolean().optional(),
          minAttempts: z.int().min(1).max(1000).optional(),
          country: text(2).optional(),
          mailDomain: text(255).optional(),
          purpose: purpose.optional(),
          channel: z.enum(["email", "sms"]).optional(),
          accountType: accountTypeShown,
          verified: z.boolean().optional(),
          pending: z.boolean().optional(),
          sent: z.literal(true).optional(),
          replaced: z.literal(true).optional(),
          wrong: z.literal(true).optional(),
          held: z.enum(HELD_RULES).optional(),
          from: instant.optional(),
          to: instant.optional(),
          cursor,
          direction,
          reveal,
        })
        .default({ reveal: false }),
    )
    .query(async ({ input: { cursor: at, reveal: asked, address, from, to, ...filter }, ctx }) => {
      const whose = { accountId: filter.userId, address: address?.address };
      const show = await showing(asked, "codes", await admin(ctx), whose);
      const { items, nextCursor } = await answer((db) =>
        listCodes(
          db,
          {
            ...filter,
            address: address && { clear: address.address, digests: digestsOf(address.address) },
            from: from === undefined ? undefined : new Date(from),
            to: to === undefined ? undefined : new Date(to),
          },
          at ?? null,
        ),
      );
      return { items: items.map((row) => ({ ...row, email: show(row.email), phone: show(row.phone) })), nextCursor };
    }),
});
