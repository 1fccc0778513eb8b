import { z } from "zod";
import type { AccountType } from "@/db/owner";
import { maskAddress } from "@/mask";

/** The purposes of a code in a message. A new purpose is a row here and one in each language's `mail` and `sms`. */
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
/** The account type, for the pages that the message leads to. Messages of older releases have none. */
const accountType = accountTypes.optional();
/** How long a code or link works, shown in words. */
const expiresInSeconds = z.int().positive();
/** 32 bytes as base64url (law 10). Only `BASE_URL` and this token make up the link. */
const token = z.string().regex(/^[\w-]{43}$/);
/**
 * A masked address. Somebody who changes an account's address may be an attacker, and could otherwise write to the
 * reader.
 */
const shownAddress = z.string().transform(maskAddress).brand<"shown">();
/**
 * A device in words, such as "Firefox on Windows". A browser sends this text, so a stranger chooses it: all characters
 * that could make a link or a sentence are removed.
 */
const device = z.string().transform((words) =>
  // By characters, because a provider may refuse a message with half a surrogate pair.
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
 * All messages. They are Zod schemas and not only types, because one app seals a message as text and a worker of
 * another release may open it. A new template is a member here, a row in `shapes` (mail.ts), a sample (samples.ts) and
 * its words in each language. The compiler finds missing ones.
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
  // Invitations go to unproven addresses, so they hold no typed text.
  z.object({ template: z.literal("invitation"), props: z.object({ expiresInSeconds }) }),
  z.object({ template: z.literal("admin-invitation"), props: z.object({ expiresInSeconds }) }),
  // This goes to the account whose address someone tried to sign up with, so it holds no text of a stranger.
  z.object({
    template: z.literal("already-registered"),
    props: z.strictObject({ accountType: accountTypes }),
  }),
  z.object({ template: z.literal("account-deactivated"), props: nothing }),
  // These go to every proven address of an account, after something happened to it (REC-05).
  z.object({ template: z.literal("new-sign-in"), props: z.object({ device, at: z.iso.datetime(), accountType }) }),
  z.object({ template: z.literal("password-changed"), props: z.strictObject({ accountType }) }),
  z.object({ template: z.literal("password-reset-done"), props: z.strictObject({ accountType }) }),
  z.object({ template: z.literal("email-changed"), props: z.object({ newEmail: shownAddress }) }),
  z.object({ template: z.literal("phone-changed"), props: z.object({ newPhone: shownAddress }) }),
  // These go to the owner after strangers' wrong tries, with a device link. Messages of older releases have no token.
  z.object({ template: z.literal("locked-out"), props: z.strictObject({ accountType, token: token.optional() }) }),
  z.object({ template: z.literal("codes-closed"), props: z.strictObject({ accountType, token }) }),
  z.object({ template: z.literal("device-known"), props: z.object({ device, accountType }) }),
  z.object({ template: z.literal("admin-reset-refused"), props: nothing }),
  z.object({ template: z.literal("account-deleted"), props: nothing }),
  z.object({ template: z.literal("test"), props: nothing }),
]);

/** A message as a flow enqueues it. */
export type Message = z.input<typeof messageSchema>;
/** A message as the worker opens it: its addresses are masked, and strangers' texts are made harmless. */
export type OpenedMessage = z.output<typeof messageSchema>;
export type Template = Message["template"];

/** The properties of each template by its name, as they are rendered. */
export type PropsOf = { [M in OpenedMessage as M["template"]]: M["props"] };

/** The message to a deleted account. Its recipient is forgotten when it is settled. */
export const LAST_MESSAGE: Template = "account-deleted";

/** Messages that are of use by email only: links to click, and invitations to mailboxes. */
const mailOnly = ["verification-link", "reset-link", "invitation", "admin-invitation"] as const;
export type SmsTemplate = Exclude<Template, (typeof mailOnly)[number]>;

export type TextMessage = Extract<Message, { template: SmsTemplate }>;
export type OpenedTextMessage = Extract<OpenedMessage, { template: SmsTemplate }>;

/** Whether a message can go by SMS. */
export function isTextMessage(message: OpenedMessage): message is OpenedTextMessage {
  return !mailOnly.some((template) => template === message.template);
}
