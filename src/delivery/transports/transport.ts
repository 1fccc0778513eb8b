/** A mail as it goes out. */
type AddressedMail = { to: string; subject: string; html: string; text: string };
/** A text message as it goes out. */
type Sms = { to: string; text: string };

/** A refusal, or a silence. */
export type SendFault = {
  ok: false;
  permanent: boolean;
  /**
   * It took no message, but is there, and spoke of this one or asked for patience: no reason to keep the others from
   * it. A 503 is one, whatever wait it names.
   */
  answered?: true;
  retryAfterSeconds?: number;
  /** Stored and logged, so it holds neither an address nor a code. */
  error: string;
  /** The provider's own words, which may quote both: for an operator who tries the settings, and no one else. */
  said?: string | undefined;
};

/** What a provider answered. */
export type SendResult = { ok: true; providerId: string | null } | SendFault;

export type SendOptions = {
  /** The same for every try of one delivery, so that a provider sends it once. */
  idempotencyKey: string;
  /** Ends the try, which then counts as one to repeat. */
  signal: AbortSignal;
  /** For how long the message is of use. A provider with a queue of its own must not send it later. */
  expiresInSeconds: number;
  /** Null at the first try; then the instant since which an earlier one may have been accepted, its answer lost. */
  triedSince: Date | null;
};

/** One way to send. A refusal is a value; only a fault of our own is thrown. */
type Transport<Letter> = {
  name: string;
  send(letter: Letter, options: SendOptions): Promise<SendResult>;
};

export type MailTransport = Transport<AddressedMail>;
export type SmsTransport = Transport<Sms>;

/** Tells mail software that no one reads replies and no auto-responder should answer (RFC 3834, section 5). */
export const mailHeaders = { "Auto-Submitted": "auto-generated" };

/** `Sun, 06 Nov 1994 08:49:37 GMT`: of HTTP's dates the one that is still written (RFC 9110, 5.6.7). */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * `Retry-After` as seconds, from either of its spellings (RFC 9110, 10.2.3), at most a day. Of anything else
 * `Date.parse` would make a day of some year.
 */
export function secondsOf(retryAfter: string | null | undefined): number | null {
  if (!retryAfter) return null;
  if (/^\d+$/.test(retryAfter)) return Math.min(86_400, Math.max(1, Number(retryAfter)));
  if (!httpDate.test(retryAfter)) return null;
  const seconds = (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(86_400, Math.max(1, Math.ceil(seconds))) : null;
}
