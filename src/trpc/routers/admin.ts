import { z } from "zod";
import { dailyStats } from "@/analytics/daily-stats";
import { failedAttempts } from "@/analytics/failed-attempts";
import { type Finding, findings } from "@/analytics/findings";
import { breakdown, funnel } from "@/analytics/funnel";
import { heldBack } from "@/analytics/held";
import { operations } from "@/analytics/operations";
import { overview } from "@/analytics/overview";
import { PANELS, questionSql } from "@/analytics/questions";
import { requestCounts, topUsers } from "@/analytics/rankings";
import type { Refusals } from "@/analytics/refusals";
import { readPanel } from "@/analytics/snapshots";
import { listAudit, listDeliveries } from "@/analytics/story";
import { answer, limitsInForce, policiesInForce, showing, yourAddress } from "@/flows/admin-view";
import { admin, adminProcedure, cursor, direction, idCursor, instant, purpose, reveal } from "../admin";
import { router } from "../init";
import { accountTypeShown, text } from "../input";
import { adminCodesRouter } from "./admin-codes";
import { adminUsersRouter } from "./admin-users";

const nothing = z.strictObject({}).optional();
const limit = (usual: number) => z.int().min(1).max(100).default(usual);
/** Longer windows exist only as sums. */
const hours = z.union([z.int().min(1).max(24), z.literal([168, 720, 2160])], {
  error: "Choose 1 to 24 hours, or 168, 720 or 2160 for 7, 30 or 90 days.",
});
const range = {
  from: instant,
  to: instant,
  purpose: purpose.optional(),
  channel: z.enum(["email", "sms"]).optional(),
  accountType: accountTypeShown,
};

const grouping = z.enum(["purpose", "channel", "accountType", "country", "mailDomain"]);

const rangeOf = ({ from, to }: { from: string; to: string }) => ({ from: new Date(from), to: new Date(to) });
const isRange = ({ from, to }: { from: string; to: string }) => {
  const length = Date.parse(to) - Date.parse(from);
  return length > 0 && length <= 366 * 86_400_000;
};

/** All panels' parameters. */
const question = z.strictObject({
  panel: z.enum(PANELS),
  ...range,
  from: instant.default(() => new Date(Date.now() - 7 * 86_400_000).toISOString()),
  to: instant.default(() => new Date().toISOString()),
  days: z.int().min(1).max(90).default(7),
  hours: hours.default(24),
  limit: limit(10),
  minAttempts: z.int().min(1).max(1000).default(3),
  by: grouping.default("purpose"),
});

export const adminRouter = router({
  overview: adminProcedure.input(nothing).query(async () => {
    const { asOf, ...tiles } = await answer((db) => overview(db));
    return { ...tiles, asOf: asOf.toISOString() };
  }),

  dailyStats: adminProcedure
    .input(z.strictObject({ days: z.int().min(1).max(90).default(7) }).default({ days: 7 }))
    .query(({ input }) => answer((db) => dailyStats(db, input.days))),

  topUsers: adminProcedure
    .input(
      z
        .strictObject({ days: z.literal([7, 30, 90]).default(30), limit: limit(10), reveal })
        .default({ days: 30, limit: 10, reveal: false }),
    )
    .query(async ({ input, ctx }) => {
      const show = await showing(input.reveal, "top users", await admin(ctx));
      const rows = await answer((db) => topUsers(db, input.days, input.limit));
      return rows.map((row) => ({ ...row, phone: show(row.phone), email: show(row.email) }));
    }),

  requestCounts: adminProcedure
    .input(
      z
        .strictObject({ hours: hours.default(24), limit: limit(20), reveal })
        .default({ hours: 24, limit: 20, reveal: false }),
    )
    .query(async ({ input, ctx }) => {
      const show = await showing(input.reveal, "requests", await admin(ctx));
      const rows = await answer((db) => requestCounts(db, input.hours, input.limit));
      return rows.map((row) => ({ ...row, phone: show(row.phone) }));
    }),

  failedAttempts: adminProcedure
    .input(
      z
        .strictObject({ minAttempts: z.int().min(1).max(1000).default(3), cursor, direction, reveal })
        .default({ minAttempts: 3, reveal: false }),
    )
    .query(async ({ input, ctx }) => {
      const show = await showing(input.reveal, "failed attempts", await admin(ctx));
      const { items, nextCursor } = await answer((db) => failedAttempts(db, input.minAttempts, input.cursor ?? null));
      return { items: items.map((row) => ({ ...row, phone: show(row.phone), email: show(row.email) })), nextCursor };
    }),

  funnel: adminProcedure
    .input(z.strictObject(range).refine(isRange, { path: ["to"], error: "Choose an end after the beginning." }))
    .query(({ input }) => answer((db) => funnel(db, rangeOf(input), input))),

  breakdown: adminProcedure
    .input(
      z
        .strictObject({ ...range, by: grouping })
        .refine(isRange, { path: ["to"], error: "Choose an end after the beginning." }),
    )
    .query(({ input }) => answer((db) => breakdown(db, rangeOf(input), input, input.by))),

  /** Counts up to 10,000 messages for each rule. */
  heldBack: adminProcedure
    .input(
      z
        .strictObject({ from: instant, to: instant })
        .refine(isRange, { path: ["to"], error: "Choose an end after the beginning." }),
    )
    .query(({ input }) => answer((db) => heldBack(db, rangeOf(input)))),

  suspicious: adminProcedure.input(nothing).query(async ({ ctx }) => {
    const show = await showing(false, "what is unusual", await admin(ctx));
    const named = ({ who, ...found }: Finding) => ({
      ...found,
      ...(who && { who: { name: who.name, address: show(who.email ?? who.phone) } }),
    });
    const { asOf, items } = await answer((db) => findings(db));
    return { asOf: asOf.toISOString(), items: items.map(named) };
  }),

  /** Refusals by rule, of this hour and the one before. */
  refusalCounts: adminProcedure.input(nothing).query(async () => {
    const { asOf, data } = await answer((db) => readPanel<Refusals[]>(db, "refusals"));
    return { asOf: asOf.toISOString(), items: data };
  }),

  /** Jobs and deliveries, with the admin's own address as this installation sees it. */
  operations: adminProcedure.input(nothing).query(async ({ ctx }) => ({
    ...(await answer((db) => operations(db))),
    you: yourAddress(await admin(ctx)),
  })),

  sql: adminProcedure
    .input(question.refine(isRange, { path: ["to"], error: "Choose an end after the beginning." }))
    .query(({ input }) => ({ sql: questionSql(input.panel, { ...input, ...rangeOf(input) }) })),

  codes: adminCodesRouter,
  users: adminUsersRouter,

  auditLog: adminProcedure
    .input(
      z
        .strictObject({
          accountId: z.uuid().optional(),
          actorId: z.uuid().optional(),
          action: text(60).optional(),
          cursor,
          direction,
        })
        .default({}),
    )
    .query(({ input: { cursor: at, ...filter } }) => answer((db) => listAudit(db, filter, at ?? null))),

  deliveries: adminProcedure
    .input(
      z
        .strictObject({
          state: z.enum(["queued", "sent", "failed", "dropped"]).optional(),
          channel: z.enum(["email", "sms"]).optional(),
          template: text(60).optional(),
          from: instant.optional(),
          cursor: idCursor,
          direction,
          reveal,
        })
        .default({ reveal: false }),
    )
    .query(async ({ input: { cursor: at, reveal: asked, from, ...filter }, ctx }) => {
      const show = await showing(asked, "deliveries", await admin(ctx));
      const since = from === undefined ? undefined : new Date(from);
      const { items, nextCursor } = await answer((db) => listDeliveries(db, { ...filter, from: since }, at ?? null));
      return { items: items.map((row) => ({ ...row, recipient: show(row.recipient) })), nextCursor };
    }),

  policies: adminProcedure.input(nothing).query(() => policiesInForce()),

  /** The limits above the policies. */
  limits: adminProcedure.input(nothing).query(() => limitsInForce()),
});
