import { z } from "zod";
import { parseCursor } from "@/analytics/cursor";
import { requireAdmin } from "@/flows/access";
import type { Caller } from "@/flows/caller";
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

/** Where the page before ended. */
export const cursor = z
  .string()
  .max(200)
  .transform((text, ctx) => {
    const parsed = parseCursor(text);
    if (parsed) return parsed;
    ctx.addIssue({ code: "custom", message: "That page is not known." });
    return z.NEVER;
  })
  .optional();
