import { sql } from "drizzle-orm";
import { ownerColumns } from "@/db/owner";
import * as tables from "@/db/schema/otp";
import { defineStore } from "./store";

/** 001's names for the purposes of its codes. */
const types: Record<string, string> = {
  "sign-up": "SIGNUP",
  "sign-in": "SIGNIN",
  "password-reset": "PASSWORD_RESET",
  "email-change": "EMAIL_CHANGE",
  "phone-change": "PHONE_CHANGE",
};

/** 002: an address without an account. */
export const signupOtps = defineStore(tables.signupOtps, ({ otpCode, isVerified, email, userType }) => ({
  digest: otpCode,
  unspent: sql`not ${isVerified}`,
  twins: ({ subject }) => sql`(${email} = ${subject.address} and ${userType} = ${subject.accountType})`,
  row: ({ subject }) => ({ email: subject.address, userType: subject.accountType }),
}));

/** 002: an account that exists but is not active. */
export const otps = defineStore(tables.otps, ({ otpCode }) => ({
  digest: otpCode,
  row: ({ subject, owner }) => ({ email: subject.address, ...ownerColumns(owner) }),
}));

/** 001: codes by email. */
export const emailOtps = defineStore(tables.emailOtps, ({ otp, isUsed }) => ({
  digest: otp,
  unspent: sql`not ${isUsed}`,
  row: ({ purpose, owner, attempts }) => ({ type: types[purpose], maxAttempts: attempts, ...ownerColumns(owner) }),
}));

/** 001: codes by SMS. A used row is marked, kept for a reset token on the same row, and then swept. */
export const phoneOtps = defineStore(tables.phoneOtps, ({ otp, isUsed, resetTokenExpiry, expiresAt }) => ({
  digest: otp,
  unspent: sql`not ${isUsed}`,
  spend: sql`is_used = true`,
  usefulUntil: sql`coalesce(${resetTokenExpiry}, ${expiresAt})`,
  row: ({ purpose, subject, owner, attempts }) => ({
    type: types[purpose],
    maxAttempts: attempts,
    phone: subject.address,
    userId: owner?.id ?? null,
  }),
}));

/** 003: one unused passcode for each user and type. A used row is marked. */
export const passcodes = defineStore(tables.passcodes, ({ code, isUsed, userId, codeType }) => ({
  digest: code,
  unspent: sql`not ${isUsed}`,
  spend: sql`is_used = true`,
  twins: ({ owner }) => sql`(${userId} = ${owner?.id ?? null} and ${codeType} = 'VERIFICATION')`,
  row: ({ owner, registration }) => ({
    codeType: "VERIFICATION",
    userId: owner?.id ?? null,
    pendingPassword: registration?.passwordHash ?? null,
    pendingName: registration?.name ?? null,
  }),
}));

/** 004: a verified row is kept for the reset token on the same row. */
export const passwordResetOtps = defineStore(
  tables.passwordResetOtps,
  ({ otp, verified, resetTokenExpiry, expiresAt }) => ({
    digest: otp,
    unspent: sql`not ${verified}`,
    spend: sql`verified = true`,
    usefulUntil: sql`coalesce(${resetTokenExpiry}, ${expiresAt})`,
    row: ({ subject, owner }) => ({ email: subject.address, ...ownerColumns(owner) }),
  }),
);

/** Every documented code table. */
export const stores = { signupOtps, otps, emailOtps, phoneOtps, passcodes, passwordResetOtps };
