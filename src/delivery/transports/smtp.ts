import { createTransport } from "nodemailer";
import { z } from "zod";
import { type Env, env, isLoopback } from "@/env";
import { type MailTransport, mailHeaders, type SendResult } from "./transport";

/** Sends through the operator's own mail server. */
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
          // SMTP knows no idempotency keys; a mailbox that does tell copies apart does it by this.
          messageId: `<${idempotencyKey}@${domain}>`,
          disableFileAccess: true,
          disableUrlAccess: true,
          // Nodemailer's timeouts bound each step, this bounds them together. A try that is given up takes its
          // connection with it, or it would go on and send beside the next one. What cannot be taken back is a letter
          // whose last bytes are under way: whether the server keeps it, nobody learns (RFC 1047).
          signal,
        })
        .then((sent): SendResult => ({ ok: true, providerId: sent.messageId }), refusal);
    },
  };
}

/** What nodemailer is told. TLS is a must for any server but one on this machine. */
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

/** 5xx is the server's last word, 4xx is not (RFC 5321, 4.2.1); without a reply it depends on who found the fault. */
function refusal(fault: unknown): SendResult {
  const { responseCode, response, code, message } = faultSchema.parse(fault);
  if (code === "EABORT") return { ok: false, permanent: false, error: "smtp: no answer" }; // by the signal
  // To the envelope or the letter: a full mailbox, a greylist, a domain that is not found for now. But 421 is the
  // server's own leave (RFC 5321, 3.8), and what fails before the envelope fails for everybody.
  const answered =
    responseCode !== undefined &&
    responseCode >= 400 &&
    responseCode < 500 &&
    responseCode !== 421 &&
    (code === "EENVELOPE" || code === "EMESSAGE");
  // Found before anything was sent: the address or the message is not one that SMTP can carry. A reply that is none,
  // from whatever stands in between, says nothing of either.
  const unsendable = response === undefined && (code === "EENVELOPE" || code === "EMESSAGE");
  return {
    ok: false,
    permanent: unsendable || (responseCode !== undefined && responseCode >= 500 && responseCode < 600),
    ...(answered ? { answered } : {}),
    error: `smtp: ${responseCode ?? (/^E[A-Z]{2,20}$/.test(code) ? code : "error")}`,
    said: message,
  };
}
