import { z } from "zod";

/** Why a code is sent. A new purpose is a row here and one in `codeTexts`. */
export const codePurposes = [
  "sign-up",
  "verification",
  "sign-in",
  "password-reset",
  "email-change",
  "phone-change",
] as const;
export type CodePurpose = (typeof codePurposes)[number];

/**
 * What can be sent. Zod, not types alone, because a message is sealed to text by the app that enqueues it and opened
 * by the worker, which may be another release. A new template is a member here and a row in `letters` (render.ts).
 */
export const messageSchema = z.discriminatedUnion("template", [
  z.object({
    template: z.literal("code"),
    props: z.object({
      purpose: z.enum(codePurposes),
      code: z.string().regex(/^\d{6,10}$/),
      /** For how long the code works, told in words. */
      expiresInSeconds: z.int().positive(),
    }),
  }),
  // Notices to the account whose address someone tried to sign up with. They hold nothing that a stranger typed.
  z.object({ template: z.literal("already-registered"), props: z.strictObject({}) }),
  z.object({ template: z.literal("account-deactivated"), props: z.strictObject({}) }),
]);

export type Message = z.output<typeof messageSchema>;
export type Template = Message["template"];

/** The properties of each template, by its name. */
export type PropsOf = { [M in Message as M["template"]]: M["props"] };
