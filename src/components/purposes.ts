/** What a code or a link is asked for, in words. */
export const PURPOSES = [
  { value: "sign-up", name: "Sign up" },
  { value: "verification", name: "Verify email" },
  { value: "sign-in", name: "Sign in" },
  { value: "password-reset", name: "Reset password" },
  { value: "email-change", name: "Change email" },
  { value: "phone-change", name: "Change phone number" },
  { value: "verification-link", name: "Verify email by link" },
  { value: "reset-link", name: "Reset password by link" },
] as const;

/** A purpose in words; a row put in by hand has none. */
export const purposeName = (purpose: string | null): string =>
  PURPOSES.find(({ value }) => value === purpose)?.name ?? "Code";
