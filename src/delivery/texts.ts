import type { CodePurpose } from "./messages";

/** What a message says of a purpose. The code is never in a subject: a locked phone shows it (standards, DEL-05). */
type CodeText = { subject: (appName: string) => string; title: string; ask: (appName: string) => string };

export const codeTexts: Record<CodePurpose, CodeText> = {
  "sign-up": {
    subject: (appName) => `Your ${appName} sign-up code`,
    title: "Your sign-up code",
    ask: (appName) => `Enter this code where you asked for it to sign up for ${appName}.`,
  },
  verification: {
    subject: (appName) => `Verify your email for ${appName}`,
    title: "Verify your email",
    ask: (appName) => `Enter this code where you registered, to open your ${appName} account.`,
  },
  "sign-in": {
    subject: (appName) => `Your ${appName} sign-in code`,
    title: "Your sign-in code",
    ask: (appName) => `Enter this code where you asked for it to sign in to ${appName}.`,
  },
  "password-reset": {
    subject: (appName) => `Reset your ${appName} password`,
    title: "Reset your password",
    ask: () => "Enter this code where you asked for it, then choose a new password.",
  },
  "email-change": {
    subject: (appName) => `Confirm your new email for ${appName}`,
    title: "Confirm your new email",
    ask: (appName) => `Enter this code in ${appName} to use this address from now on. Until then the old one stays.`,
  },
  "phone-change": {
    subject: (appName) => `Confirm your new number for ${appName}`,
    title: "Confirm your new number",
    ask: (appName) => `Enter this code in ${appName} to use this number from now on. Until then the old one stays.`,
  },
};

const units = [
  { name: "hour", seconds: 3600 },
  { name: "minute", seconds: 60 },
  { name: "second", seconds: 1 },
];

/** A lifetime in words, in the largest unit that tells it exactly: 600 is "10 minutes", 5400 "90 minutes". */
export function inWords(seconds: number): string {
  const unit = units.find((candidate) => seconds % candidate.seconds === 0) ?? { name: "second", seconds: 1 };
  const count = seconds / unit.seconds;
  return `${count} ${unit.name}${count === 1 ? "" : "s"}`;
}
