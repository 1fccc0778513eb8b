import { Resend } from "resend";
import { z } from "zod";
import { env } from "@/env";
import { type MailTransport, mailHeaders, type SendFault, secondsOf } from "./transport";

/** Sends through Resend's API, or through whatever speaks it at `RESEND_BASE_URL`. */
export function resendTransport(): MailTransport {
  const { resend: settings, from } = env();
  // The SDK joins base and path as they are: a trailing slash would make `//emails`.
  const baseUrl = settings.baseUrl?.replace(/\/+$/, "");
  const client = new Resend(settings.apiKey, baseUrl ? { baseUrl } : undefined);
  return {
    name: "resend",
    async send({ to, subject, html, text }, { idempotencyKey, signal }) {
      // The SDK hands all of these to fetch, also what its types do not name, and returns every fault, an aborted
      // request too, as `error` without a status. A code goes nowhere but to the address that was set.
      const options = { idempotencyKey, signal, redirect: "manual" as const };
      const { data, error, headers } = await client.emails.send(
        { from: mailbox(from), to: [to], subject, html, text, headers: mailHeaders },
        options,
      );
      if (error) return refusal(error, headers);
      // Only an id says that it was taken: the SDK tells a fault whose body is `null` or `0`, and whatever a proxy
      // answers in Resend's name, like a success. Under the same key another try sends nothing twice.
      const accepted = acceptedSchema.safeParse(data);
      if (!accepted.success) return { ok: false, permanent: false, error: "resend: an answer without an id" };
      return { ok: true, providerId: accepted.data.id };
    },
  };
}

const acceptedSchema = z.object({ id: z.string() });

/** `Name <address>`, the name quoted where RFC 5322 asks for it. */
function mailbox({ name, email }: { name: string; email: string }): string {
  const bare = !/[()<>[\]:;@\\,."]/.test(name);
  return `${bare ? name : `"${name.replace(/["\\]/g, "\\$&")}"`} <${email}>`;
}

/** A try with our key is still running: of the 409s, the one that passes. */
const isRunning = (status: number | null, name: string) => status === 409 && name === "concurrent_idempotent_requests";

/** A 4xx that a later try may heal. */
const passing = (status: number, name: string) => status === 408 || status === 429 || isRunning(status, name);

function refusal(
  error: { statusCode: number | null; name: string; message?: string },
  headers: Record<string, string> | null,
): SendFault {
  // Where a proxy answers with JSON of its own, both may be absent, whatever the SDK's types say.
  const status = Number(error.statusCode) || null;
  const name = /^[a-z_]{1,60}$/.test(error.name) ? error.name : "error";
  const retryAfterSeconds = secondsOf(headers?.["retry-after"]);
  return {
    ok: false,
    permanent: status !== null && status >= 400 && status < 500 && !passing(status, name),
    ...(status === 429 || isRunning(status, name) ? { answered: true } : {}),
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    error: status === null ? "resend: no answer" : `resend: ${status} ${name}`,
    said: error.message,
  };
}
