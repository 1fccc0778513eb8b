import type { CodePurpose } from "./messages";

/** What a message says of a purpose. The code is never in a subject: a locked phone shows it (standards, DEL-05). */
type CodeText = { subject: (appName: string) => string; title: string; ask: (appName: string) => string };

export const codeTexts: Record<CodePurpose, CodeText> = {
  "sign-up": {
    subject: (appName) => `Your ${appName} sign-up code`,
    title: "Your sign-up code",
    ask: (appName) => `Enter this code where you asked for it to sign up for ${appName}.`,
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
