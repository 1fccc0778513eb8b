import { type Env, env } from "@/env";
import { inboxMailTransport, inboxSmsTransport } from "./inbox";
import { resendTransport } from "./resend";
import { smtpTransport } from "./smtp";
import type { MailTransport, SmsTransport } from "./transport";
import { twilioTransport } from "./twilio";

const mailTransports: Record<Env["mail"], () => MailTransport> = {
  resend: resendTransport,
  smtp: smtpTransport,
  inbox: inboxMailTransport,
};

let mail: MailTransport | undefined;
let sms: SmsTransport | null | undefined;

/** The mail transport that the settings name, made at its first use. */
export function mailTransport(): MailTransport {
  mail ??= mailTransports[env().mail]();
  return mail;
}

/** The SMS transport; null where none is set. */
export function smsTransport(): SmsTransport | null {
  if (sms === undefined) sms = chooseSms(env().sms);
  return sms;
}

function chooseSms(settings: Env["sms"]): SmsTransport | null {
  if (settings === null) return null;
  return settings.kind === "twilio" ? twilioTransport(settings) : inboxSmsTransport();
}
