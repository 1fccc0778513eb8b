import { z } from "zod";
import { parseCursor, parseIdCursor } from "@/analytics/cursor";
import { requireAdmin } from "@/flows/access";
import type { Caller } from "@/flows/caller";
import { purposes } from "@/otp/policies";
import type { Context } from "./context";
import { unwrap } from "./errors";
import { procedure } from "./init";

/** For admins alone: the role as the database has it now, and both proofs in the session. */
export const adminProcedure = procedure.use(async ({ ctx, next }) => {
  unwrap(await requireAdmin(await ctx.caller()));
  return next();
});

/** The admin who calls, for the audit log. */
export const admin = (ctx: Context): Promise<Caller> => ctx.caller();

/** Addresses are masked until asked for, and asking is audited. */
export const reveal = z.boolean().default(false);

/** Why a code or a link was asked for, as the ledger has it. */
export const purpose = z.enum([...purposes, "verification-link", "reset-link"], "Choose a purpose.");

/** An instant of these centuries: further away PostgreSQL's and JavaScript's calendars part. */
export const instant = z.iso
  .datetime({ offset: true, error: "Enter an instant such as 2026-05-22T14:00:00Z." })
  .refine((text) => text >= "2000" && Date.parse(text) < Date.UTC(2200, 0), "Enter an instant from 2000 to 2199.");

/** Which way a list is read; there is one. TanStack Query says so with each page that it asks for. */
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

/** Where the page before ended. */
export const cursor = cursorOf(parseCursor);
/** The same of rows that have an id and no number. */
export const idCursor = cursorOf(parseIdCursor);
