type AddressedMail = { to: string; subject: string; html: string; text: string };
type Sms = { to: string; text: string };

/** A refusal, or no answer. */
export type SendFault = {
  ok: false;
  permanent: boolean;
  /**
   * The provider answered, and the fault is of this message only or asks for a wait. So the breaker does not count it.
   * A 503 counts, even if it names a wait.
   */
  answered?: true;
  retryAfterSeconds?: number;
  /** Is stored and logged, so it holds no address and no code. */
  error: string;
  /**
   * The provider's own words, which may quote an address or a code. Only an operator who tests the settings sees them.
   */
  said?: string | undefined;
};

export type SendResult = { ok: true; providerId: string | null } | SendFault;

export type SendOptions = {
  /** The same for every try of a delivery, so that a provider sends it once. */
  idempotencyKey: string;
  /** Ends the try, which is then repeated. */
  signal: AbortSignal;
  /** The remaining life of the message. A provider with its own queue must not send it later. */
  expiresInSeconds: number;
  /**
   * Null at the first try. Later, the time since when the provider may have accepted the message without our knowledge.
   */
  triedSince: Date | null;
};

/** One way to send. A refusal is a return value; only the app's own faults are thrown. */
type Transport<Letter> = {
  name: string;
  send(letter: Letter, options: SendOptions): Promise<SendResult>;
};

export type MailTransport = Transport<AddressedMail>;
export type SmsTransport = Transport<Sms>;

/** Tells mail software that nobody reads replies and no auto-responder should answer (RFC 3834, section 5). */
export const mailHeaders = { "Auto-Submitted": "auto-generated" };

/** `Sun, 06 Nov 1994 08:49:37 GMT`: the one date format of HTTP that is still written (RFC 9110, 5.6.7). */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads `Retry-After` as seconds, from a number or a date (RFC 9110, 10.2.3), at most a day. Other text is refused,
 * because `Date.parse` would read a date into it.
 */
export function secondsOf(retryAfter: string | null | undefined): number | null {
  if (!retryAfter) return null;
  if (/^\d+$/.test(retryAfter)) return Math.min(86_400, Math.max(1, Number(retryAfter)));
  if (!httpDate.test(retryAfter)) return null;
  const seconds = (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(86_400, Math.max(1, Math.ceil(seconds))) : null;
}
