import type { Purpose } from "@/otp/policies";
import { type Names, nameIn } from "./names";

/** What a code or a link is asked for, in words. */
export const PURPOSES: Names<Purpose | "verification-link" | "reset-link"> = {
  "sign-up": "Sign up",
  verification: "Verify email",
  "sign-in": "Sign in",
  "password-reset": "Reset password",
  "email-change": "Change email",
  "phone-change": "Change phone number",
  "verification-link": "Verify email by link",
  "reset-link": "Reset password by link",
};

/** A purpose in words. A row put in by hand has no purpose. */
export const purposeName = (purpose: string | null): string => nameIn(PURPOSES, purpose) ?? "Code";
