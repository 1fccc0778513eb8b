import { type Env, env } from "@/env";
import { inboxTransport } from "./inbox";
import { resendTransport } from "./resend";
import { smtpTransport } from "./smtp";
import type { Transport } from "./transport";

const transports: Record<Env["mail"], () => Transport> = {
  resend: resendTransport,
  smtp: smtpTransport,
  inbox: inboxTransport,
};

let chosen: Transport | undefined;

/** The transport that the settings in force name, made at its first use. */
export function mailTransport(): Transport {
  chosen ??= transports[env().mail]();
  return chosen;
}
