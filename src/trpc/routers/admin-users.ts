import { z } from "zod";
import { listDevices } from "@/accounts/devices";
import { listAccounts } from "@/analytics/accounts";
import { listCodes } from "@/analytics/codes";
import { getAccount, otpStats } from "@/analytics/story";
import { parseTimelineCursor, type TimelineCursor, timeline, type Whose } from "@/analytics/timeline";
import * as actions from "@/flows/admin";
import { answer, type Show, showing, storyOf } from "@/flows/admin-view";
import { deviceInWords } from "@/flows/user-agent";
import { historyOf } from "@/otp/history";
import { admin, adminProcedure, direction, reveal } from "../admin";
import { refused, unwrap } from "../errors";
import { router } from "../init";
import { accountTypeShown, email, identifier, line } from "../input";

const id = z.uuid("Choose an account.");
const reason = line(200).refine((text) => text.length > 0, "Say why.");

const storyCursor = z
  .string()
  .max(300)
  .transform((encoded, ctx) => {
    const parsed = parseTimelineCursor(encoded);
    if (parsed) return parsed;
    ctx.addIssue({ code: "custom", message: "That page is not known." });
    return z.NEVER;
  })
  .optional();

async function told(whose: Whose, cursor: TimelineCursor | undefined, show: Show) {
  const { items, nextCursor } = await answer((db) => timeline(db, whose, cursor ?? null));
  return {
    items: items.map((event) => (event.kind === "audit" ? event : { ...event, address: show(event.address) })),
    nextCursor,
  };
}

export const adminUsersRouter = router({
  list: adminProcedure
    .input(
      z
        .strictObject({
          query: line(120).default(""),
          accountType: accountTypeShown,
          isActive: z.boolean().optional(),
          isVerified: z.boolean().optional(),
          state: z.enum(["unproven", "incomplete", "active", "deactivated"]).optional(),
          role: z.enum(["USER", "ADMIN"]).optional(),
          locked: z.boolean().optional(),
          cursor: z
            .string()
            .regex(/^\d{1,9}$/, "That page is not known.")
            .optional(),
          direction,
          reveal,
        })
        .default({ query: "", reveal: false }),
    )
    .query(async ({ input: { query, cursor, reveal: asked, ...filter }, ctx }) => {
      const show = await showing(asked, "accounts", await admin(ctx));
      const { items, nextCursor } = await answer((db) =>
        listAccounts(db, query, filter, cursor === undefined ? null : Number(cursor)),
      );
      return { items: items.map((row) => ({ ...row, email: show(row.email), phone: show(row.phone) })), nextCursor };
    }),

  /** An account with its latest code, its devices and its newest events. */
  get: adminProcedure.input(z.strictObject({ id, reveal })).query(async ({ input, ctx }) => {
    const show = await showing(input.reveal, "account", await admin(ctx), { accountId: input.id });
    const account = await answer((db) => getAccount(db, input.id));
    if (!account) throw refused({ ok: false, reason: "NOT_FOUND" });
    const devices = await answer((db) => listDevices(db, { accountType: "live", id: input.id }));
    const [latest] = (await answer((db) => listCodes(db, { userId: input.id }, null))).items;
    return {
      account: { ...account, email: show(account.email), phone: show(account.phone) },
      latestCode: latest ? { ...latest, email: show(latest.email), phone: show(latest.phone) } : null,
      devices: devices.map(({ id, userAgent, createdAt, lastSeenAt }) => ({
        id,
        device: deviceInWords(userAgent),
        createdAt: createdAt.toISOString(),
        lastSeenAt: lastSeenAt.toISOString(),
      })),
      timeline: await told(storyOf(account.id, [account.email, account.phone]), undefined, show),
    };
  }),

  timeline: adminProcedure
    .input(z.strictObject({ id, cursor: storyCursor, direction, reveal }))
    .query(async ({ input, ctx }) => {
      const show = await showing(input.reveal, "account", await admin(ctx), { accountId: input.id });
      const account = await answer((db) => getAccount(db, input.id));
      if (!account) throw refused({ ok: false, reason: "NOT_FOUND" });
      return told(storyOf(account.id, [account.email, account.phone]), input.cursor, show);
    }),

  /** The events of an address, which may have no account. */
  story: adminProcedure
    .input(z.strictObject({ address: identifier, cursor: storyCursor, direction, reveal }))
    .query(async ({ input, ctx }) => {
      const show = await showing(input.reveal, "story of an address", await admin(ctx), {
        address: input.address.address,
      });
      return told(storyOf(null, [input.address.address]), input.cursor, show);
    }),

  otpStats: adminProcedure.input(z.strictObject({ id })).query(({ input }) => answer((db) => otpStats(db, input.id))),

  otpHistory: adminProcedure.input(z.strictObject({ id, reveal })).query(async ({ input, ctx }) => {
    const show = await showing(input.reveal, "history", await admin(ctx), { accountId: input.id });
    const history = await answer((db) => historyOf(db, { accountType: "live", id: input.id }));
    return history.map((entry) => ({
      ...entry,
      phone: show(entry.phone),
      email: show(entry.email),
      createdAt: entry.createdAt.toISOString(),
      verifiedAt: entry.verifiedAt?.toISOString() ?? null,
    }));
  }),

  invite: adminProcedure
    .input(z.strictObject({ email, reason }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await actions.invite(input.email.address, { admin: await admin(ctx) }, input.reason)),
    ),

  unlock: adminProcedure
    .input(z.strictObject({ id, reason }))
    .mutation(async ({ input, ctx }) => unwrap(await actions.unlock(input, { admin: await admin(ctx) }, input.reason))),

  setActive: adminProcedure
    .input(z.strictObject({ id, active: z.boolean(), reason }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await actions.activate(input, input.active, { admin: await admin(ctx) }, input.reason)),
    ),

  setRole: adminProcedure
    .input(z.strictObject({ id, role: z.enum(["USER", "ADMIN"]), reason }))
    .mutation(async ({ input, ctx }) => {
      const by = { admin: await admin(ctx) };
      if (input.role === "ADMIN") unwrap(await actions.grant(input, by, input.reason));
      else unwrap(await actions.revoke(input, by, input.reason));
      return { ok: true as const };
    }),

  revokeSessions: adminProcedure
    .input(z.strictObject({ id, reason }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await actions.revokeSessions(input, { admin: await admin(ctx) }, input.reason)),
    ),

  forgetDevice: adminProcedure
    .input(z.strictObject({ id, deviceId: z.uuid("Choose a device."), reason }))
    .mutation(async ({ input: { deviceId, ...input }, ctx }) =>
      unwrap(await actions.forgetDevice(input, deviceId, { admin: await admin(ctx) }, input.reason)),
    ),

  sendReset: adminProcedure
    .input(z.strictObject({ id, reason }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await actions.sendReset(input, { admin: await admin(ctx) }, input.reason)),
    ),

  delete: adminProcedure
    .input(z.strictObject({ id, reason }))
    .mutation(async ({ input, ctx }) => unwrap(await actions.remove(input, { admin: await admin(ctx) }, input.reason))),
});
