import { z } from "zod";
import { type Me, me, otpHistory, updateOwnProfile } from "@/flows/account";
import { confirmChange, requestChange } from "@/flows/address-change";
import type { Caller } from "@/flows/caller";
import { deleteOwnAccount } from "@/flows/delete-account";
import { exportAccount } from "@/flows/export-account";
import { forgetOwnDevice, ownDevices } from "@/flows/own-devices";
import { ownSessions, revokeOtherSessions, revokeOwnSession } from "@/flows/own-sessions";
import { changePassword } from "@/flows/password-change";
import type { Context } from "../context";
import { refused, unwrap } from "../errors";
import { procedure, router } from "../init";
import { code, email, name, password, phone, profile } from "../input";

const nothing = z.strictObject({}).optional();

/** Turns dates into text, so that the client's types match the JSON. */
const toJson = (account: Me) => ({
  ...account,
  createdAt: account.createdAt.toISOString(),
  lastLoginAt: account.lastLoginAt?.toISOString() ?? null,
});

export const accountRouter = router({
  me: procedure.input(nothing).query(async ({ ctx }) => {
    const account = await me(await ctx.caller());
    return account && toJson(account);
  }),

  updateProfile: procedure
    .input(z.strictObject({ name: name.optional(), ...profile }))
    .mutation(async ({ input, ctx }) => toJson(unwrap(await updateOwnProfile(input, await ctx.caller())))),

  changePassword: procedure
    .meta({ checks: "password" })
    .input(z.strictObject({ currentPassword: password.optional(), newPassword: password }))
    .mutation(async ({ input, ctx }) => {
      const changed = await changePassword(input.currentPassword ?? null, input.newPassword, await ctx.caller());
      ctx.setSession(unwrap(changed).sessionSecret);
      return { ok: true as const };
    }),

  requestEmailChange: procedure
    .input(z.strictObject({ newEmail: email }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await requestChange("email-change", input.newEmail, await ctx.askingCaller())),
    ),

  confirmEmailChange: procedure
    .meta({ checks: "code" })
    .input(z.strictObject({ code }))
    .mutation(({ input, ctx }) => confirm("email-change", input.code, ctx)),

  requestPhoneChange: procedure
    .input(z.strictObject({ newPhone: phone }))
    .mutation(async ({ input, ctx }) =>
      unwrap(await requestChange("phone-change", input.newPhone, await ctx.askingCaller())),
    ),

  confirmPhoneChange: procedure
    .meta({ checks: "code" })
    .input(z.strictObject({ code }))
    .mutation(({ input, ctx }) => confirm("phone-change", input.code, ctx)),

  sessions: procedure.input(nothing).query(async ({ ctx }) => {
    const sessions = unwrap(await ownSessions(await ctx.caller()));
    return sessions.map((session) => ({
      ...session,
      createdAt: session.createdAt.toISOString(),
      lastSeenAt: session.lastSeenAt.toISOString(),
    }));
  }),

  revokeSession: procedure
    .input(z.strictObject({ id: z.uuid("Choose a session.") }))
    .mutation(async ({ input, ctx }) => unwrap(await revokeOwnSession(input.id, await ctx.caller()))),

  revokeOtherSessions: procedure
    .input(nothing)
    .mutation(async ({ ctx }) => unwrap(await revokeOtherSessions(await ctx.caller()))),

  devices: procedure.input(nothing).query(async ({ ctx }) => {
    const devices = unwrap(await ownDevices(await ctx.caller()));
    return devices.map((device) => ({
      ...device,
      createdAt: device.createdAt.toISOString(),
      lastSeenAt: device.lastSeenAt.toISOString(),
    }));
  }),

  forgetDevice: procedure
    .input(z.strictObject({ id: z.uuid("Choose a device.") }))
    .mutation(async ({ input, ctx }) => unwrap(await forgetOwnDevice(input.id, await ctx.caller()))),

  otpHistory: procedure.input(nothing).query(async ({ ctx }) => {
    const history = unwrap(await otpHistory(await ctx.caller()));
    return history.map((entry) => ({
      ...entry,
      createdAt: entry.createdAt.toISOString(),
      verifiedAt: entry.verifiedAt?.toISOString() ?? null,
    }));
  }),

  export: procedure.input(nothing).query(async ({ ctx }) => unwrap(await exportAccount(await ctx.caller()))),

  delete: procedure
    .input(z.strictObject({ confirm: z.literal("delete", "Type the word delete.") }))
    .mutation(async ({ ctx }) => {
      const deleted = unwrap(await deleteOwnAccount(await ctx.caller()));
      ctx.signOut();
      return deleted;
    }),
});

/** Confirms a change of address, and answers with the account. */
async function confirm(change: "email-change" | "phone-change", typed: string, ctx: Context) {
  const from: Caller = await ctx.caller();
  const { sessionSecret } = unwrap(await confirmChange(change, typed, from));
  ctx.setSession(sessionSecret);
  // The code is also a proof of this session.
  const session = from.session && {
    ...from.session,
    proofs: [...new Set([...from.session.proofs, "code" as const])],
    proofAges: { ...from.session.proofAges, code: 0 },
  };
  const account = await me({ ...from, session });
  if (!account) throw refused({ ok: false, reason: "UNAUTHORIZED" });
  return toJson(account);
}
