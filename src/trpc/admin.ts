import { z } from "zod";
import { parseCursor, parseIdCursor } from "@/analytics/cursor";
import { requireAdmin } from "@/flows/access";
import type { Caller } from "@/flows/caller";
import { purposes } from "@/otp/policies";
import type { Context } from "./context";
import { unwrap } from "./errors";
import { procedure } from "./init";

/** For admins only: the role is read at each call, and the session needs both proofs. */
export const adminProcedure = procedure.use(async ({ ctx, next }) => {
  unwrap(await requireAdmin(await ctx.caller()));
  return next();
});

/** The calling admin, for the audit log. */
export const admin = (ctx: Context): Promise<Caller> => ctx.caller();

/** Shows addresses in clear, which is audited. */
export const reveal = z.boolean().default(false);

/** A purpose of a code or a link. */
export const purpose = z.enum([...purposes, "verification-link", "reset-link"], "Choose a purpose.");

/** PostgreSQL and JavaScript disagree about distant years. */
export const instant = z.iso
  .datetime({ offset: true, error: "Enter an instant such as 2026-05-22T14:00:00Z." })
  .refine((text) => text >= "2000" && Date.parse(text) < Date.UTC(2200, 0), "Enter an instant from 2000 to 2199.");

/** TanStack Query sends a direction with each page. */
export const direction = z.literal("forward").optional();

const cursorOf = <T>(parse: (text: string) => T | null) =>
  z
    .string()
    .max(200)
    .transform((text, ctx) => {
      const parsed = parse(text);
      if (parsed) return parsed;
      ctx.addIssue({ code: "custom", message: "That page is not known." });
      return z.NEVER;
    })
    .optional();

/** Where the previous page ended. */
export const cursor = cursorOf(parseCursor);
/** Where the previous page ended, for rows without a number. */
export const idCursor = cursorOf(parseIdCursor);
