import { Resend } from "resend";
import { z } from "zod";
import { env } from "@/env";
import { type MailTransport, mailHeaders, type SendFault, secondsOf } from "./transport";

/** Sends through Resend's API, or through a server with the same API at `RESEND_BASE_URL`. */
export function resendTransport(): MailTransport {
  const { resend: settings, from } = env();
  // The SDK only joins base and path: a trailing slash would make `//emails`.
  const baseUrl = settings.baseUrl?.replace(/\/+$/, "");
  const client = new Resend(settings.apiKey, baseUrl ? { baseUrl } : undefined);
  return {
    name: "resend",
    async send({ to, subject, html, text }, { idempotencyKey, signal }) {
      // The SDK passes all of these to fetch, also those that its types do not name. It returns every fault as `error`,
      // an aborted request too, without a status. Redirects are not followed: a code goes only to the address in the
      // settings.
      const options = { idempotencyKey, signal, redirect: "manual" as const };
      const { data, error, headers } = await client.emails.send(
        { from: mailbox(from), to: [to], subject, html, text, headers: mailHeaders },
        options,
      );
      if (error) return refusal(error, headers);
      // Only an id means success. The SDK returns success also for a fault with the body `null` or `0`, and for other
      // answers of a proxy. A retry under the same key does not send twice.
      const accepted = acceptedSchema.safeParse(data);
      if (!accepted.success) return { ok: false, permanent: false, error: "resend: an answer without an id" };
      return { ok: true, providerId: accepted.data.id };
    },
  };
}

const acceptedSchema = z.object({ id: z.string() });

/** `Name <address>`, with the name quoted where RFC 5322 needs it. */
function mailbox({ name, email }: { name: string; email: string }): string {
  const bare = !/[()<>[\]:;@\\,."]/.test(name);
  return `${bare ? name : `"${name.replace(/["\\]/g, "\\$&")}"`} <${email}>`;
}

/** Whether a try with the same key still runs. Of the 409s, only this one passes. */
const isRunning = (status: number | null, name: string) => status === 409 && name === "concurrent_idempotent_requests";

/** A 4xx after which a later try may succeed. */
const passing = (status: number, name: string) => status === 408 || status === 429 || isRunning(status, name);

function refusal(
  error: { statusCode: number | null; name: string; message?: string },
  headers: Record<string, string> | null,
): SendFault {
  // If a proxy answers with its own JSON, both may be absent, although the SDK's types say otherwise.
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
