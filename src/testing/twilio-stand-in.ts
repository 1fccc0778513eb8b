import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";

type SentSms = { sid: string; to: string; from: string; body: string; validitySeconds: number | null; date: Date };

/** `lose-answer` accepts the message and drops the connection. A fault with a `body` sends it, as a proxy might. */
type TwilioFault =
  | { status: number; code?: number; retryAfterSeconds?: number }
  | { status: number; body: string }
  | "hang"
  | "drop"
  | "lose-answer";

export type TwilioStandIn = {
  /** For `TWILIO_BASE_URL`. */
  url: string;
  /** Accepted messages, oldest first. */
  sent: SentSms[];
  /** The methods of all requests, refused ones too. */
  requests: string[];
  /** Gives one of these faults, or none for null, to each of the next requests. */
  failNext(...faults: (TwilioFault | null)[]): void;
  stop(): Promise<void>;
};

export const twilioAccount = { sid: `AC${"0123456789abcdef".repeat(2)}`, token: "swordfish", from: "+14155550100" };

const smsSchema = z
  .object({
    To: z.string(),
    From: z.string().optional(),
    MessagingServiceSid: z.string().optional(),
    Body: z.string().min(1).max(1600),
    ValidityPeriod: z.coerce.number().int().min(1).max(36_000).optional(),
  })
  .refine((sms) => sms.From ?? sms.MessagingServiceSid);

/**
 * Starts a server with the part of Twilio's API that the app uses. Without idempotency keys, each accepted request is
 * one more message. `+15005550001` is refused, as with Twilio's test credentials.
 */
export async function startTwilioStandIn(): Promise<TwilioStandIn> {
  const sent: SentSms[] = [];
  const requests: string[] = [];
  const faults: (TwilioFault | null)[] = [];
  const path = `/2010-04-01/Accounts/${twilioAccount.sid}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${twilioAccount.sid}:${twilioAccount.token}`).toString("base64")}`;

  const server = createServer((request, response) => {
    // In some tests the client hangs up.
    handle(request, response).catch(() => request.socket.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const form = new URLSearchParams(await text(request));
    const url = new URL(request.url ?? "", "http://stand-in");
    requests.push(request.method ?? "");
    const fault = faults.shift() ?? null;
    if (fault === "hang") return; // until the client gives up, or `stop`
    if (fault === "drop") return request.socket.destroy();
    if (fault && fault !== "lose-answer" && "body" in fault) {
      response.writeHead(fault.status, { "content-type": "text/html" }).end(fault.body);
      return;
    }
    if (fault && fault !== "lose-answer") return refuse(response, fault);

    if (url.pathname !== path) return refuse(response, { status: 404, code: 20404 });
    if (request.headers.authorization !== authorization) return refuse(response, { status: 401, code: 20003 });
    if (request.method === "GET") return answer(response, 200, { messages: listed(url.searchParams) });
    if (!request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded"))
      return refuse(response, { status: 400, code: 20001 });
    const sms = smsSchema.safeParse(Object.fromEntries(form));
    if (!sms.success) return refuse(response, { status: 400, code: 21602 });
    const { To: to, From, MessagingServiceSid, Body: body, ValidityPeriod: validitySeconds = null } = sms.data;
    if (!/^\+[1-9]\d{6,14}$/.test(to) || to === "+15005550001")
      return refuse(response, { status: 400, code: 21211 }, `The 'To' number ${to} is not a valid phone number.`);

    const sid = `SM${randomBytes(16).toString("hex")}`;
    const from = From ?? MessagingServiceSid ?? "";
    sent.push({ sid, to, from, body, validitySeconds, date: new Date() });
    if (fault === "lose-answer") return request.socket.destroy();
    answer(response, 201, { sid, status: "queued", to, body, error_code: null });
  }

  function listed(query: URLSearchParams) {
    const to = query.get("To");
    return sent
      .filter((sms) => to === null || sms.to === to)
      .reverse()
      .slice(0, Number(query.get("PageSize") ?? 50))
      .map((sms) => ({ sid: sms.sid, to: sms.to, body: sms.body, date_created: sms.date.toUTCString() }));
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the stand-in has no port");

  return {
    url: `http://127.0.0.1:${bound.port}`,
    sent,
    requests,
    failNext: (...next) => {
      faults.push(...next);
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

function refuse(
  response: ServerResponse,
  { status, code = 20500, retryAfterSeconds }: { status: number; code?: number; retryAfterSeconds?: number },
  message = "This is the stand-in's refusal.",
): void {
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  answer(response, status, { code, message, more_info: "", status }, headers);
}
