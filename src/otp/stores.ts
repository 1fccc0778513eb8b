import { sql } from "drizzle-orm";
import * as tables from "@/db/schema/otp";
import { defineStore } from "./store";
import { ownerColumns } from "./subject";

/** 002: an address without an account. */
export const signupOtps = defineStore({
  table: tables.signupOtps,
  ledger: tables.signupOtps.ledgerSNo,
  digest: tables.signupOtps.otpCode,
  attempts: tables.signupOtps.attempts,
  expiresAt: tables.signupOtps.expiresAt,
  unspent: sql`not ${tables.signupOtps.isVerified}`,
  row: ({ subject }) => ({ email: subject.address, userType: subject.accountType }),
});

/** 002: an account that exists but is not active. */
export const otps = defineStore({
  table: tables.otps,
  ledger: tables.otps.ledgerSNo,
  digest: tables.otps.otpCode,
  attempts: tables.otps.attempts,
  expiresAt: tables.otps.expiresAt,
  row: ({ subject, owner }) => ({ email: subject.address, ...ownerColumns(owner) }),
});
