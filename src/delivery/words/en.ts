import type { CodePurpose } from "../messages";
import type { Words } from "./words";

type CodeWords = { subject: (app: string) => string; title: string; ask: (app: string) => string; sms: string };

const codes: Record<CodePurpose, CodeWords> = {
  "sign-up": {
    subject: (app) => `Your ${app} sign-up code`,
    title: "Your sign-up code",
    ask: (app) => `Enter this code where you asked for it to sign up for ${app}.`,
    sms: "sign-up code",
  },
  verification: {
    subject: (app) => `Verify your email for ${app}`,
    title: "Verify your email",
    ask: (app) => `Enter this code where you registered, to open your ${app} account.`,
    sms: "verification code",
  },
  "sign-in": {
    subject: (app) => `Your ${app} sign-in code`,
    title: "Your sign-in code",
    ask: (app) => `Enter this code where you asked for it to sign in to ${app}.`,
    sms: "sign-in code",
  },
  "password-reset": {
    subject: (app) => `Reset your ${app} password`,
    title: "Reset your password",
    ask: () => "Enter this code where you asked for it, then choose a new password.",
    sms: "password reset code",
  },
  "email-change": {
    subject: (app) => `Confirm your new email for ${app}`,
    title: "Confirm your new email",
    ask: (app) => `Enter this code in ${app} to use this address from now on. Until then the old one stays.`,
    sms: "code for a new email",
  },
  "phone-change": {
    subject: (app) => `Confirm your new number for ${app}`,
    title: "Confirm your new number",
    ask: (app) => `Enter this code in ${app} to use this number from now on. Until then the old one stays.`,
    sms: "code for a new number",
  },
};

const ignore = "If it was not you, you can ignore this message.";
const orResetNow =
  "If it was you, there is nothing to do. If it was not, reset your password now: that signs everyone out.";
const askedToSignUp = (app: string) => `Someone, perhaps you, asked to sign up for ${app} with this address.`;
const orTellUs = (app: string) =>
  `If it was you, there is nothing to do. If it was not, tell those who run ${app} at once.`;

/** English. */
export const en: Words = {
  language: "en",

  ways: {
    signUp: "Sign up",
    signIn: "Sign in",
    verifyEmail: "Verify email",
    resetPassword: "Choose a new password",
    useBrowser: "Use this browser",
    recover: "Reset your password",
    sessions: "See where you are signed in",
    support: "Write to us",
  },

  footer: {
    sentBy: (app, to) => `Sent by ${app} to ${to}.`,
    questions: (email) => `Questions? Write to ${email}.`,
  },

  mail: {
    code: ({ purpose, expiresInSeconds, accountType }, app) => {
      const works = `This code works for ${lifetime(expiresInSeconds)}.`;
      return {
        // One address can have both kinds of account, each with codes of its own.
        subject: `${codes[purpose].subject(app)}${accountType === "demo" ? " (demo)" : ""}`,
        title: codes[purpose].title,
        preview: `${works} Never share it.`,
        before: [codes[purpose].ask(app)],
        after: [
          works,
          "Never share it. We will never ask you for it.",
          "If you did not ask for it, you can ignore this message.",
        ],
      };
    },
    "verification-link": ({ expiresInSeconds }, app) => ({
      subject: `Verify your email for ${app}`,
      title: "Verify your email",
      before: ["Open this link and press the button there to confirm that this email is yours."],
      after: [
        `The link works once, for ${lifetime(expiresInSeconds)}.`,
        `If you did not ask ${app} for it, you can ignore this message.`,
      ],
    }),
    "reset-link": ({ expiresInSeconds }, app) => ({
      subject: `Reset your ${app} password`,
      title: "Reset your password",
      before: ["Open this link to choose a new password. Until you do, the old one stays."],
      after: [
        `The link works once, for ${lifetime(expiresInSeconds)}. Don’t share it.`,
        "If you did not ask for it, you can ignore this message.",
      ],
    }),
    invitation: ({ expiresInSeconds }, app) => ({
      subject: `You are invited to ${app}`,
      title: "You are invited",
      before: [`An admin of ${app} invites you to open an account with this address.`],
      after: [
        `The invitation stands for ${lifetime(expiresInSeconds)}.`,
        "If you do not want it, ignore this message.",
      ],
    }),
    "admin-invitation": ({ expiresInSeconds }, app) => ({
      subject: `You are invited to run ${app}`,
      title: "You are invited as an admin",
      before: [
        `This address was named as an admin of ${app}. Sign up with it, choose a password, and you are one.`,
        "If it has an account already, sign in there with a code by email instead.",
      ],
      after: [
        `The invitation stands for ${lifetime(expiresInSeconds)}.`,
        "If you do not expect it, ignore this message.",
      ],
    }),
    "already-registered": ({ accountType }, app) => ({
      subject: `You already have a ${app} account`,
      title: accountType === "demo" ? "You already have a demo account" : "You already have an account",
      before: [
        `${askedToSignUp(app)} It already has ${accountType === "demo" ? "a demo" : "an"} account, so nothing has changed.`,
      ],
      after: [ignore],
    }),
    "account-deactivated": (_props, app) => ({
      subject: `Your ${app} account is deactivated`,
      title: "Your account is deactivated",
      before: [`${askedToSignUp(app)} Its account is deactivated, so nothing has changed.`],
      after: [ignore],
    }),
    "new-sign-in": ({ device, at }, app) => ({
      subject: `New sign-in to your ${app} account`,
      title: "New sign-in",
      before: [`Your account was signed in to from a new device: ${device || "unknown"}, ${time(at)}.`, orResetNow],
      after: [],
    }),
    "password-changed": (_props, app) => ({
      subject: `Your ${app} password was changed`,
      title: "Your password was changed",
      before: [`The password of your ${app} account was changed.`, orResetNow],
      after: [],
    }),
    "password-reset-done": (_props, app) => ({
      subject: `Your ${app} password was reset`,
      title: "Your password was reset",
      before: [
        `Your ${app} account has a new password, and was signed out everywhere.`,
        "If it was you, sign in with it. If it was not, someone reads your messages: secure your mailbox first, then reset the password again.",
      ],
      after: [],
    }),
    "email-changed": ({ newEmail }, app) => ({
      subject: `Your ${app} email was changed`,
      title: "Your email was changed",
      before: [
        `Your ${app} account now belongs to ${newEmail}. This address no longer signs in, and gets no more messages.`,
        orTellUs(app),
      ],
      after: [],
    }),
    "phone-changed": ({ newPhone }, app) => ({
      subject: `Your ${app} phone number was changed`,
      title: "Your phone number was changed",
      before: [`The phone number of your ${app} account is now ${newPhone}.`, orResetNow],
      after: [],
    }),
    "locked-out": (_props, app) => ({
      subject: `Too many wrong tries at your ${app} account`,
      title: "Too many wrong tries",
      before: [
        "Someone entered too many wrong codes or passwords for your account. For 15 minutes we take none; where you are signed in, you stay.",
        "To get in now, open this link in the browser that you want to sign in with. It signs nobody in and changes nothing else.",
      ],
      after: [
        "The link works once, for 24 hours. Don’t share it.",
        "If it was not you: these tries let nobody in. We tell you this once a day at most.",
      ],
    }),
    "codes-closed": (_props, app) => ({
      subject: `Codes for your ${app} account are paused`,
      title: "Codes are paused",
      before: [
        "Someone entered 100 wrong codes for your account. We take no more codes from new browsers, and reset codes are paused too. Browsers that you have signed in with work as before.",
        "To take codes again, open this link in the browser that you want to sign in with. It signs nobody in and changes nothing else.",
      ],
      after: [
        "The link works once, for 24 hours. Don’t share it.",
        "If it was not you: these tries let nobody in. Signing in with your password, or a reset link, opens codes again too; after 30 days they open by themselves.",
      ],
    }),
    "device-known": ({ device }, app) => ({
      subject: `A new browser is known to your ${app} account`,
      title: "A new browser is known",
      before: [
        `The link in our last message was used in this browser: ${device || "unknown"}. Wrong tries by others no longer keep it out. Nobody was signed in by that.`,
        "If it was you, there is nothing to do. If it was not, someone reads your messages: secure your mailbox first, then reset your password.",
      ],
      after: [],
    }),
    "admin-reset-refused": (_props, app) => ({
      subject: `Your ${app} password was not reset`,
      title: "Your password was not reset",
      before: [
        `Someone, perhaps you, asked to reset the password of your ${app} account. An admin’s password is not reset by a message alone, so nothing has changed.`,
        "If it was you, ask another admin, or someone with access to the server.",
      ],
      after: [ignore],
    }),
    "account-deleted": (_props, app) => ({
      subject: `Your ${app} account was deleted`,
      title: "Your account was deleted",
      before: [
        `Your ${app} account and what belonged to it are gone. This is the last message about it.`,
        orTellUs(app),
      ],
      after: [],
    }),
    test: (_props, app) => ({
      subject: `A test message from ${app}`,
      title: "It works",
      before: [`You can read this, so messages of ${app} reach you.`],
      after: ["Someone with access to the server sent it, to try the settings."],
    }),
  },

  sms: {
    code: ({ purpose, code, expiresInSeconds }, app) =>
      `${code} is your ${app} ${codes[purpose].sms}. It works for ${lifetime(expiresInSeconds)}. Never share it.`,
    "already-registered": (_props, app) =>
      `You already have a ${app} account with this number: sign in with it. Nothing has changed. Not you? Ignore this.`,
    "account-deactivated": (_props, app) =>
      `Your ${app} account is deactivated. Someone asked to sign up with its number; nothing has changed.`,
    "new-sign-in": ({ device }, app) =>
      `${app}: new sign-in (${device || "unknown device"}). Not you? Reset your password now.`,
    "password-changed": (_props, app) => `Your ${app} password was changed. Not you? Reset it now.`,
    "password-reset-done": (_props, app) =>
      `Your ${app} password was reset, and you were signed out everywhere. Not you? Reset it again now.`,
    "email-changed": (_props, app) => `The email of your ${app} account was changed. Not you? Reset your password now.`,
    "phone-changed": (_props, app) =>
      `Your ${app} account has a new phone number, this one no longer signs in. Not you? Tell those who run it.`,
    "locked-out": (_props, app) => `${app}: locked for 15 minutes after too many wrong tries. To get in, open:`,
    "codes-closed": (_props, app) => `${app}: codes are paused after 100 wrong ones. To get in, open:`,
    "device-known": ({ device }, app) =>
      `${app}: a link we sent made a browser known (${device || "unknown device"}). Not you? Reset your password now.`,
    "admin-reset-refused": (_props, app) =>
      `Your ${app} password was not reset: an admin’s is not, by a message alone. Not you? Ignore this message.`,
    "account-deleted": (_props, app) => `Your ${app} account was deleted. Not you? Tell those who run it.`,
    test: (_props, app) => `You can read this, so messages of ${app} reach you.`,
  },
};

const units = [
  { name: "day", seconds: 86_400, least: 2 },
  { name: "hour", seconds: 3600, least: 1 },
  { name: "minute", seconds: 60, least: 1 },
  { name: "second", seconds: 1, least: 1 },
];

/** A lifetime in the largest unit that tells it exactly: 600 is "10 minutes", 5400 "90 minutes", a day "24 hours". */
function lifetime(total: number): string {
  const [unit] = units.filter(({ seconds, least }) => total % seconds === 0 && total >= least * seconds);
  const { name, seconds } = unit ?? { name: "second", seconds: 1 };
  const count = total / seconds;
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

const clock = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/** "22 May 2026, 14:05 UTC": whoever reads it may be anywhere. */
function time(at: string): string {
  return `${clock.format(new Date(at))} UTC`;
}
