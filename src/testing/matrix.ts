import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { appRouter } from "@/trpc/root";
import { account } from "./people";
import { session } from "./sessions";

/**
 * Who may call a procedure. `incomplete`: signed in, profile perhaps incomplete. `active`: signed in to an active
 * account. `fresh`: active, with a proof of ten minutes at most. `fresh session`: such a proof, profile perhaps
 * incomplete.
 */
type Level = "anyone" | "incomplete" | "active" | "fresh" | "fresh session" | "admin";
type Row = { who: Level; input?: unknown };

const password = "blue otter lamp chair";
const identifier = "nobody@example.com";
const token = "A".repeat(43);
const reason = "to try it";
const range = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
const id = "00000000-0000-4000-8000-000000000000";

export const matrix: Record<string, Row> = {
  "signUp.requestCode": { who: "anyone", input: { identifier } },
  "signUp.verifyCode": { who: "anyone", input: { identifier, code: "123456" } },
  "signUp.register": { who: "anyone", input: { email: identifier, password } },
  "signUp.completeProfile": { who: "incomplete", input: { name: "Ada" } },
  "emailVerification.requestCode": { who: "anyone", input: { email: identifier } },
  "emailVerification.verifyCode": { who: "anyone", input: { email: identifier, code: "12345678" } },
  "emailVerification.requestLink": { who: "anyone", input: { email: identifier } },
  "emailVerification.confirmLink": { who: "anyone", input: { token } },
  "signIn.password": { who: "anyone", input: { identifier, password } },
  "signIn.requestCode": { who: "anyone", input: { identifier } },
  "signIn.verifyCode": { who: "anyone", input: { identifier, code: "123456" } },
  "signIn.signOut": { who: "anyone" },
  "signIn.redeemDeviceLink": { who: "anyone", input: { token } },
  "passwordReset.requestCode": { who: "anyone", input: { identifier } },
  "passwordReset.verifyCode": { who: "anyone", input: { identifier, code: "123456" } },
  "passwordReset.requestLink": { who: "anyone", input: { email: identifier } },
  "passwordReset.reset": { who: "anyone", input: { resetToken: token, newPassword: password } },
  "account.me": { who: "anyone" },
  "account.updateProfile": { who: "active", input: { country: "FR" } },
  "account.changePassword": { who: "fresh", input: { newPassword: "short" } },
  "account.requestEmailChange": { who: "fresh", input: { newEmail: "another@example.com" } },
  "account.confirmEmailChange": { who: "fresh", input: { code: "123456" } },
  "account.requestPhoneChange": { who: "fresh", input: { newPhone: "+14155550134" } },
  "account.confirmPhoneChange": { who: "fresh", input: { code: "123456" } },
  "account.sessions": { who: "active" },
  "account.revokeSession": { who: "active", input: { id } },
  "account.revokeOtherSessions": { who: "active" },
  "account.devices": { who: "active" },
  "account.forgetDevice": { who: "active", input: { id } },
  "account.otpHistory": { who: "active" },
  "account.export": { who: "fresh" },
  "account.delete": { who: "fresh session", input: { confirm: "delete" } },
  "admin.overview": { who: "admin" },
  "admin.dailyStats": { who: "admin" },
  "admin.topUsers": { who: "admin" },
  "admin.requestCounts": { who: "admin" },
  "admin.failedAttempts": { who: "admin" },
  "admin.funnel": { who: "admin", input: range },
  "admin.breakdown": { who: "admin", input: { ...range, by: "purpose" } },
  "admin.heldBack": { who: "admin", input: range },
  "admin.suspicious": { who: "admin" },
  "admin.operations": { who: "admin" },
  "admin.refusalCounts": { who: "admin" },
  "admin.sql": { who: "admin", input: { panel: "overview" } },
  "admin.codes.list": { who: "admin" },
  "admin.users.list": { who: "admin" },
  "admin.users.get": { who: "admin", input: { id } },
  "admin.users.timeline": { who: "admin", input: { id } },
  "admin.users.story": { who: "admin", input: { address: identifier } },
  "admin.users.otpStats": { who: "admin", input: { id } },
  "admin.users.otpHistory": { who: "admin", input: { id } },
  "admin.users.invite": { who: "admin", input: { email: identifier, reason } },
  "admin.users.unlock": { who: "admin", input: { id, reason } },
  "admin.users.setActive": { who: "admin", input: { id, active: true, reason } },
  "admin.users.setRole": { who: "admin", input: { id, role: "USER", reason } },
  "admin.users.revokeSessions": { who: "admin", input: { id, reason } },
  "admin.users.forgetDevice": { who: "admin", input: { id, deviceId: id, reason } },
  "admin.users.sendReset": { who: "admin", input: { id, reason } },
  "admin.users.delete": { who: "admin", input: { id, reason } },
  "admin.auditLog": { who: "admin" },
  "admin.deliveries": { who: "admin" },
  "admin.policies": { who: "admin" },
  "admin.limits": { who: "admin" },
  "challenge.current": { who: "anyone", input: { purpose: "sign-up" } },
  "status.textMessages": { who: "anyone" },
  "inbox.list": { who: "anyone" },
  "inbox.previews": { who: "anyone" },
};

// At run time tRPC's list is flat; its types are nested.
export const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>;

/** The kinds of callers. Each call gets a new session, because some calls end it. */
export const callers = {
  nobody: async () => null,
  incomplete: async () => session({ accountType: "live", ...(await account("live", { isProfileComplete: false })) }),
  stale: async () => session({ accountType: "live", ...(await account("live")) }, { code: 660, password: 660 }),
  fresh: async () => session({ accountType: "live", ...(await account("live")) }),
  "fresh demo": async () => session({ accountType: "demo", ...(await account("demo")) }),
  "admin with one fresh proof": async () =>
    session({ accountType: "live", ...(await account("live", { role: "ADMIN" })) }, { code: 0, password: 660 }),
  "admin without a password proof": async () =>
    session({ accountType: "live", ...(await account("live", { role: "ADMIN" })) }),
  "admin with both": async () =>
    session({ accountType: "live", ...(await account("live", { role: "ADMIN" })) }, { code: 0, password: 0 }),
  "admin of the day before": async () =>
    session({ accountType: "live", ...(await account("live", { role: "ADMIN" })) }, { code: 0, password: 90_000 }),
  "admin just demoted": async () => {
    const made = await account("live", { role: "ADMIN" });
    const secret = await session({ accountType: "live", ...made }, { code: 0, password: 0 });
    await db().execute(sql`update users set role = 'USER' where id = ${made.id}`);
    return secret;
  },
  deactivated: async () => {
    const made = await account("live");
    const secret = await session({ accountType: "live", ...made });
    await db().execute(sql`update users set is_active = false where id = ${made.id}`);
    return secret;
  },
  "signed out": async () => {
    const secret = await session({ accountType: "live", ...(await account("live")) });
    await db().execute(sql`delete from sessions`);
    return secret;
  },
} satisfies Record<string, () => Promise<string | null>>;

export type Who = keyof typeof callers;

/** The reason for which each level refuses each caller; undefined if it may call. */
const refusals: Record<Exclude<Level, "anyone">, Record<Who, string | undefined>> = {
  incomplete: told({
    nobody: "UNAUTHORIZED",
    deactivated: "UNAUTHORIZED",
    "signed out": "UNAUTHORIZED",
    stale: "FORBIDDEN",
    fresh: "FORBIDDEN",
    "fresh demo": "FORBIDDEN",
    "admin with one fresh proof": "FORBIDDEN",
    "admin without a password proof": "FORBIDDEN",
    "admin with both": "FORBIDDEN",
    "admin of the day before": "FORBIDDEN",
    "admin just demoted": "FORBIDDEN",
  }),
  active: told({
    nobody: "UNAUTHORIZED",
    deactivated: "UNAUTHORIZED",
    "signed out": "UNAUTHORIZED",
    incomplete: "FORBIDDEN",
  }),
  fresh: told({
    nobody: "UNAUTHORIZED",
    deactivated: "UNAUTHORIZED",
    "signed out": "UNAUTHORIZED",
    incomplete: "FORBIDDEN",
    stale: "STEP_UP_REQUIRED",
    "admin with one fresh proof": "STEP_UP_REQUIRED",
    "admin without a password proof": "STEP_UP_REQUIRED",
    "admin of the day before": "STEP_UP_REQUIRED",
  }),
  "fresh session": told({
    nobody: "UNAUTHORIZED",
    deactivated: "UNAUTHORIZED",
    "signed out": "UNAUTHORIZED",
    stale: "STEP_UP_REQUIRED",
    "admin with one fresh proof": "STEP_UP_REQUIRED",
    "admin without a password proof": "STEP_UP_REQUIRED",
    "admin of the day before": "STEP_UP_REQUIRED",
  }),
  admin: told({
    nobody: "UNAUTHORIZED",
    deactivated: "UNAUTHORIZED",
    "signed out": "UNAUTHORIZED",
    incomplete: "FORBIDDEN",
    stale: "FORBIDDEN",
    fresh: "FORBIDDEN",
    "fresh demo": "FORBIDDEN",
    "admin without a password proof": "STEP_UP_REQUIRED",
    "admin of the day before": "STEP_UP_REQUIRED",
    "admin just demoted": "FORBIDDEN",
  }),
};

function told(some: Partial<Record<Who, string>>): Record<Who, string | undefined> {
  return {
    ...(Object.fromEntries(Object.keys(callers).map((who) => [who, undefined])) as Record<Who, undefined>),
    ...some,
  };
}

/** The reasons that refuse a caller, whatever the input is. */
export const DENIALS = ["UNAUTHORIZED", "FORBIDDEN", "STEP_UP_REQUIRED"];

/** The reason for which a caller is refused at a level; undefined if it may call. */
export const refusalOf = (level: Level, who: Who) => (level === "anyone" ? undefined : refusals[level][who]);
