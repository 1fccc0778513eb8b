import { z } from "zod";
import type { AccountType } from "@/db/owner";
import { maskAddress } from "@/mask";

/** Why a code is sent. A new purpose is a row here and one in each language's `mail` and `sms`. */
export const codePurposes = [
  "sign-up",
  "verification",
  "sign-in",
  "password-reset",
  "email-change",
  "phone-change",
] as const;
export type CodePurpose = (typeof codePurposes)[number];

const nothing = z.strictObject({});
const accountTypes = z.enum(["live", "demo"] satisfies AccountType[]);
/** Whose message it is: what it leads to asks for the account type. Older messages do not tell. */
const accountType = accountTypes.optional();
/** For how long a code or link works, told in words. */
const expiresInSeconds = z.int().positive();
/** 32 bytes, base64url (design, law 10). The link around it is made from `BASE_URL` alone. */
const token = z.string().regex(/^[\w-]{43}$/);
/** An address as it may be shown: whoever changes an account to it has not been trusted with the reader's screen. */
const shownAddress = z.string().transform(maskAddress).brand<"shown">();
/**
 * A device in words, such as "Firefox on Windows". It comes from what a browser says of itself, so all that could
 * make a link or a sentence of a stranger's is taken out.
 */
const device = z.string().transform((words) =>
  // By characters: half a surrogate pair is none, and what receives it may refuse the whole message.
  Array.from(
    words
      .replace(/[^\p{L}\p{N} ()-]+/gu, " ")
      .replace(/ {2,}/g, " ")
      .trim(),
  )
    .slice(0, 60)
    .join(""),
);

/**
 * What can be sent. Zod, not types alone, because a message is sealed to text by the app that enqueues it and opened
 * by the worker, which may be another release. A new template is a member here, a row in `shapes` (mail.ts), a sample
 * (samples.ts) and its words in each language: what is missing does not compile.
 */
export const messageSchema = z.discriminatedUnion("template", [
  z.object({
    template: z.literal("code"),
    props: z.object({
      purpose: z.enum(codePurposes),
      code: z.string().regex(/^\d{6,10}$/),
      expiresInSeconds,
      accountType,
    }),
  }),
  z.object({ template: z.literal("verification-link"), props: z.object({ token, expiresInSeconds }) }),
  z.object({ template: z.literal("reset-link"), props: z.object({ token, expiresInSeconds }) }),
  // Invitations go to an address that nobody has proven yet: they hold nothing that anyone typed.
  z.object({ template: z.literal("invitation"), props: z.object({ expiresInSeconds }) }),
  z.object({ template: z.literal("admin-invitation"), props: z.object({ expiresInSeconds }) }),
  // To the account whose address someone tried to sign up with: they hold nothing that a stranger typed.
  z.object({
    template: z.literal("already-registered"),
    props: z.strictObject({ accountType: accountTypes }),
  }),
  z.object({ template: z.literal("account-deactivated"), props: nothing }),
  // To every proven address of an account, after something happened to it (REC-05).
  z.object({ template: z.literal("new-sign-in"), props: z.object({ device, at: z.iso.datetime(), accountType }) }),
  z.object({ template: z.literal("password-changed"), props: z.strictObject({ accountType }) }),
  z.object({ template: z.literal("password-reset-done"), props: z.strictObject({ accountType }) }),
  z.object({ template: z.literal("email-changed"), props: z.object({ newEmail: shownAddress }) }),
  z.object({ template: z.literal("phone-changed"), props: z.object({ newPhone: shownAddress }) }),
  // To the owner, after strangers' wrong tries: with a link that makes a browser known. Older messages have none.
  z.object({ template: z.literal("locked-out"), props: z.strictObject({ accountType, token: token.optional() }) }),
  z.object({ template: z.literal("codes-closed"), props: z.strictObject({ accountType, token }) }),
  z.object({ template: z.literal("device-known"), props: z.object({ device, accountType }) }),
  z.object({ template: z.literal("admin-reset-refused"), props: nothing }),
  z.object({ template: z.literal("account-deleted"), props: nothing }),
  z.object({ template: z.literal("test"), props: nothing }),
]);

/** A message as flows enqueue it. */
export type Message = z.input<typeof messageSchema>;
/** A message as the worker opens it: addresses in it are masked, words of strangers made harmless. */
export type OpenedMessage = z.output<typeof messageSchema>;
export type Template = Message["template"];

/** The properties of each template, by its name, as they are rendered. */
export type PropsOf = { [M in OpenedMessage as M["template"]]: M["props"] };

/** What is sent when an account is gone: whom it went to is forgotten once it is settled. */
export const LAST_MESSAGE: Template = "account-deleted";

/** What is of use by email only: links to click, and invitations, which go to mailboxes. */
const mailOnly = ["verification-link", "reset-link", "invitation", "admin-invitation"] as const;
export type SmsTemplate = Exclude<Template, (typeof mailOnly)[number]>;

/** A message that can go by email or SMS. */
export type TextMessage = Extract<Message, { template: SmsTemplate }>;
export type OpenedTextMessage = Extract<OpenedMessage, { template: SmsTemplate }>;

/** Whether a message can go by SMS. */
export function isTextMessage(message: OpenedMessage): message is OpenedTextMessage {
  return !mailOnly.some((template) => template === message.template);
}
