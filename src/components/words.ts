import type { Problem } from "@/trpc/problem";
import { counted, spoken } from "./clock";
import { nameIn } from "./names";

/** The words before the seconds of a wait. */
const waits = {
  COOLDOWN: "A code for this address was asked for a moment ago. Ask again in",
  RATE_LIMITED: "Too many requests for now. Try again in",
  BUSY: "The server is busy right now. Try again in",
} as const;

const refusals: Record<Problem["reason"], (problem: Problem) => string> = {
  INVALID_CODE: wrongCode,
  TOO_MANY_ATTEMPTS: () => `${words.noTries}.`,
  COOLDOWN: wait(waits.COOLDOWN),
  RATE_LIMITED: wait(waits.RATE_LIMITED),
  BUSY: wait(waits.BUSY),
  INVALID_CREDENTIALS: () => "That address and password do not go together. Check both, and the account type.",
  INVALID_TOKEN: () => "That link is used up or too old. Ask for a new one.",
  PASSWORD_TOO_SHORT: () => "That password is too short. Add another word or two.",
  PASSWORD_TOO_LONG: () => "That password is too long. Leave a few words out.",
  PASSWORD_COMMON: () => "That password is among the first that anyone would guess. Choose another.",
  TAKEN: () => "That one is taken. Choose another.",
  STEP_UP_REQUIRED: () => "Prove that it is you once more, then try again.",
  CROSS_SITE: () => "That request did not come from this page. Reload the page and try again.",
  BAD_REQUEST: () => "Something here is not in order. Look it over and try again.",
  UNAUTHORIZED: () => "You are not signed in any more. Sign in and try again.",
  FORBIDDEN: () => "Your account does not allow that.",
  NOT_FOUND: () => "That is not there any more. Reload the page.",
  INTERNAL: () => "Something went wrong on our side. Try again in a minute.",
  UNKNOWN: () => "Something went wrong. Try again in a minute.",
  OFFLINE: () => "We could not reach the server. Check your connection and try again.",
};

/** What to do about a refusal, in a sentence or two. */
export function sentence(problem: Problem): string {
  return refusals[problem.reason](problem);
}

function wrongCode({ attemptsRemaining: left }: Problem): string {
  if (left === undefined) return "That code is not right, or no longer works. Ask for a new one.";
  if (left === 0) return "That code is not right. No tries left: ask for a new one.";
  return `That code is not right. ${counted(left, "try", "tries")} left.`;
}

function wait(before: string): (problem: Problem) => string {
  return ({ retryAfterSeconds }) =>
    `${before} ${retryAfterSeconds === undefined ? "a minute" : spoken(retryAfterSeconds)}.`;
}

/** The words of a refusal before its wait; undefined if waiting does not help. */
export function beforeWait({ reason, retryAfterSeconds }: Problem): string | undefined {
  return retryAfterSeconds === undefined ? undefined : nameIn(waits, reason);
}

/** What the pages say by themselves. */
export const words = {
  messageSent: "A message to this address was asked for a moment ago. Ask again in",
  linkNeedsEmail: "A link goes to an email address. Enter yours, or ask for a code.",
  emailMissing: "Enter your email.",
  lockHint:
    "Too many wrong tries lock an address for 15 minutes. Its owner gets a message with a link that lets them in before. A reset link works all the same.",
  smsRisk: "Text messages can be read by others on their way. An email address is safer.",
  identifierMissing: "Enter your email or phone number.",
  passwordMissing: "Enter your password.",
  wrongPassword: "That is not your password.",
  newPasswordMissing: "Choose a password.",
  passwordHint: (least: number) => `At least ${least} characters. A few words you’ll remember works well.`,
  nameMissing: "Enter your name.",
  codeIncomplete: (length: number) => `Enter all ${length} digits of the code.`,
  // This is also true if the message was held back: the code before it still works then.
  resent: "You asked for a new code. If none comes, use the last one that came.",
  mailboxMost: "A mailbox gets at most 10 messages an hour from us. The last code that came counts.",
  mailboxMostLinks: "A mailbox gets at most 10 messages an hour from us.",
  smsPaused: "Text messages are paused until 00:00 UTC. Use an email address until then.",
  // A person with a password needs no message.
  smsPausedAtSignIn: "Text messages are paused until 00:00 UTC. Use your password or an email address until then.",
  // For pages that need a code at this number. People on known devices may still get one.
  smsPausedWaiting: "Text messages are paused until 00:00 UTC. A code may not come before then.",
  lastCode: (works: boolean) =>
    works
      ? "That was the last code for now. It still works; ask again in"
      : "That was the last code for now. Ask again in",
  noTries: "No tries left for this code. Ask for a new one",
  otherAccount: "This browser is signed in to another account by now. Look at the address above.",
  resendReady: "You can ask for a new code now.",
  codeLife: (secondsLeft: number) =>
    secondsLeft > 0
      ? `It expires in ${counted(Math.ceil(secondsLeft / 60), "minute")}.`
      : "It has expired: ask for a new one.",
} as const;
