/** A message as it goes out. */
type Mail = { to: string; subject: string; html: string; text: string };

/** What a provider answered. `error` is stored and logged, so it holds neither an address nor a code. */
export type SendResult =
  | { ok: true; providerId: string | null }
  | { ok: false; permanent: boolean; retryAfterSeconds?: number; error: string };

/** One way to send. A refusal is a value; only a fault of our own is thrown. */
export type Transport = {
  name: string;
  /**
   * @param options.idempotencyKey the same for every try of one delivery, so that a provider sends it once.
   * @param options.signal ends the try, which then counts as one to repeat.
   */
  send(mail: Mail, options: { idempotencyKey: string; signal: AbortSignal }): Promise<SendResult>;
};

/** Tells mail software that no one reads replies and no auto-responder should answer (RFC 3834, section 5). */
export const mailHeaders = { "Auto-Submitted": "auto-generated" };
