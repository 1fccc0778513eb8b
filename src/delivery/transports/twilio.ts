import { z } from "zod";
import type { Env } from "@/env";
import { type SendFault, type SendOptions, type SmsTransport, secondsOf } from "./transport";

type Settings = Extract<NonNullable<Env["sms"]>, { kind: "twilio" }>;

/** Twilio's answer; null if no complete answer came. */
type Answer = { status: number; body: unknown; retryAfter: string | null } | null;

/** The most by which PostgreSQL's clock and Twilio's may differ. */
const clocksApartMs = 60_000;
/** Twilio's limit for a message's life in its queue. */
const mostSeconds = 36_000;

/**
 * Sends text messages through Twilio's API, or through a server with the same API at `TWILIO_BASE_URL`.
 *
 * Twilio has no idempotency keys: if it accepts a message and its answer is lost, the next try would send it again. So
 * every further try first looks for it among the newest messages to that number. A message may still arrive twice where
 * Twilio does not list it yet, or keeps no bodies (message redaction).
 */
export function twilioTransport({ accountSid, authToken, from, baseUrl }: Settings): SmsTransport {
  const messages = `${baseUrl.replace(/\/+$/, "")}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;
  // A sender is a number or a name; a messaging service has a pool of both.
  const sender = /^MG[0-9a-f]{32}$/i.test(from) ? "MessagingServiceSid" : "From";

  const call = (url: string, init: RequestInit) =>
    answerOf(fetch(url, { ...init, headers: { authorization }, redirect: "manual" }));

  const post = (to: string, text: string, { signal, expiresInSeconds }: SendOptions) => {
    const ValidityPeriod = String(Math.max(1, Math.min(mostSeconds, expiresInSeconds)));
    return call(messages, {
      method: "POST",
      body: new URLSearchParams({ [sender]: from, To: to, Body: text, ValidityPeriod }),
      signal,
    });
  };

  // No filter by `DateSent`: messages that wait in Twilio's queue have no such date yet.
  const list = (to: string, signal: AbortSignal) =>
    call(`${messages}?${new URLSearchParams({ To: to, PageSize: "20" })}`, { signal });

  return {
    name: "twilio",
    async send({ to, text }, options) {
      if (options.triedSince) {
        const known = await list(to, options.signal);
        const sid = accepted(known, text, options.triedSince);
        if (sid !== null) return { ok: true, providerId: sid };
        const fault = refusal(known);
        // An account without the right to list can still send.
        if (fault && !fault.permanent) return fault;
      }
      const answer = await post(to, text, options);
      const fault = refusal(answer);
      if (fault) return fault;
      // An answer without a message id may not come from Twilio. The next try looks whether the message was sent.
      const sent = sentSchema.safeParse(answer?.body);
      if (!sent.success) return { ok: false, permanent: false, error: "twilio: an answer without a sid" };
      return { ok: true, providerId: sent.data.sid };
    },
  };
}

async function answerOf(request: Promise<Response>): Promise<Answer> {
  try {
    const response = await request;
    const body = await response.text();
    return { status: response.status, body: json(body), retryAfter: response.headers.get("retry-after") };
  } catch {
    return null; // refused, reset, cut short, or out of time: a retry may help
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const sentSchema = z.object({ sid: z.string() });
const listSchema = z.object({
  messages: z.array(z.object({ sid: z.string(), body: z.string().nullable(), date_created: z.string() })),
});

/** The id of a listed message with the same words since that time: an earlier try sent it. */
function accepted(answer: Answer, text: string, since: Date): string | null {
  const list = listSchema.safeParse(answer?.body);
  const found = list.data?.messages.find(
    // A trial account puts its own words in front.
    ({ body, date_created }) => body?.endsWith(text) && Date.parse(date_created) > since.getTime() - clocksApartMs,
  );
  return found?.sid ?? null;
}

const faultSchema = z.object({ code: z.int(), message: z.string().optional() });
/** The sender's queue at Twilio is full. It is reported as a 400, but it passes. */
const queueFull = 21611;

function refusal(answer: Answer): SendFault | null {
  if (answer === null) return { ok: false, permanent: false, error: "twilio: no answer" };
  const { status, body, retryAfter } = answer;
  if (status >= 200 && status < 300) return null;
  const { code, message } = faultSchema.safeParse(body).data ?? {};
  const retryAfterSeconds = secondsOf(retryAfter);
  const passing = status === 408 || status === 429 || code === queueFull;
  return {
    ok: false,
    permanent: status >= 400 && status < 500 && !passing,
    ...(status === 429 ? { answered: true } : {}),
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    error: `twilio: ${[status, code].filter(Boolean).join(" ")}`,
    said: message,
  };
}
