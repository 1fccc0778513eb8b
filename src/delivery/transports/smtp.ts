import { createTransport } from "nodemailer";
import { z } from "zod";
import { type Env, env, isLoopback } from "@/env";
import { type MailTransport, mailHeaders, type SendResult } from "./transport";

/** Sends through the operator's mail server. */
export function smtpTransport(): MailTransport {
  const { smtp, from } = env();
  const mailer = createTransport(smtpOptions(smtp));
  const domain = from.email.slice(from.email.lastIndexOf("@") + 1);
  return {
    name: "smtp",
    async send({ to, subject, html, text }, { idempotencyKey, signal }) {
      return mailer
        .sendMail({
          from: { name: from.name, address: from.email },
          to: { name: "", address: to },
          subject,
          html,
          text,
          headers: mailHeaders,
          // SMTP has no idempotency keys. A mailbox that removes copies does so by this id.
          messageId: `<${idempotencyKey}@${domain}>`,
          disableFileAccess: true,
          disableUrlAccess: true,
          // Nodemailer's timeouts limit each step; the signal limits all together. A try that is given up closes its
          // connection; otherwise it would send beside the next try. If the last bytes of a letter are on their way,
          // nobody learns whether the server keeps it (RFC 1047).
          signal,
        })
        .then((sent): SendResult => ({ ok: true, providerId: sent.messageId }), refusal);
    },
  };
}

/** The options for nodemailer. TLS is required for any server except one on this machine. */
export function smtpOptions({ host, port, user, pass }: Env["smtp"]) {
  const patience = 10_000;
  return {
    host,
    port,
    secure: port === 465, // TLS from the first byte (RFC 8314); any other port starts in clear and upgrades
    requireTLS: port !== 465 && !isLoopback(host),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    dnsTimeout: patience,
    socketCloseTimeout: 0, // closed is closed: nothing that waits to be written goes out after it
    ...(user && pass ? { auth: { user, pass } } : {}),
  };
}

const faultSchema = z.object({
  responseCode: z.int().optional().catch(undefined),
  response: z.string().optional().catch(undefined),
  code: z.string().catch("error"),
  message: z.string().optional().catch(undefined),
});

/** A 5xx is permanent and a 4xx is not (RFC 5321, 4.2.1). Without a reply, it depends on where the fault was found. */
function refusal(fault: unknown): SendResult {
  const { responseCode, response, code, message } = faultSchema.parse(fault);
  if (code === "EABORT") return { ok: false, permanent: false, error: "smtp: no answer" }; // the signal ended it
  // The server answered to the envelope or the letter: a full mailbox, a greylist, an unknown domain. But a 421 means
  // that the server closes (RFC 5321, 3.8), and a fault before the envelope concerns every message.
  const answered =
    responseCode !== undefined &&
    responseCode >= 400 &&
    responseCode < 500 &&
    responseCode !== 421 &&
    (code === "EENVELOPE" || code === "EMESSAGE");
  // Nodemailer refused before it sent anything: SMTP cannot carry the address or the message. An invalid reply, from
  // something in between, does not show that.
  const unsendable = response === undefined && (code === "EENVELOPE" || code === "EMESSAGE");
  return {
    ok: false,
    permanent: unsendable || (responseCode !== undefined && responseCode >= 500 && responseCode < 600),
    ...(answered ? { answered } : {}),
    error: `smtp: ${responseCode ?? (/^E[A-Z]{2,20}$/.test(code) ? code : "error")}`,
    said: message,
  };
}
