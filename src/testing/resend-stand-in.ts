import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

type SentMail = z.output<typeof mailSchema> & { id: string; idempotencyKey: string | null };

/**
 * `lose-answer` accepts the mail and drops the connection, `withhold-answer` accepts it and never answers. A fault with
 * a `body` sends it with a `location`, as a proxy might.
 */
type ResendFault =
  | { status: number; name?: string; retryAfterSeconds?: number }
  | { status: number; body: string }
  | "hang"
  | "drop"
  | "lose-answer"
  | "withhold-answer";

export type ResendStandIn = {
  /** For `RESEND_BASE_URL`. */
  url: string;
  /** Accepted mails, oldest first. */
  sent: SentMail[];
  /** The keys of all requests, refused ones too. */
  keys: (string | null)[];
  /** When each address first got a mail, by `performance.now()`. */
  heard: Map<string, number>;
  /** Delays the answers to accepted mails. */
  answerAfter(ms: number): void;
  /** Gives one of these faults to each of the next requests. */
  failNext(...faults: ResendFault[]): void;
  stop(): Promise<void>;
};

const mailSchema = z.object({
  from: z.string().min(1),
  to: z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1).max(50)]),
  subject: z.string().min(1),
  html: z.string().optional(),
  text: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

/**
 * Starts a server with the part of Resend's API that the app uses: `POST /emails` with a bearer key and an idempotency
 * key. The same key with the same body gets the same answer and sends one mail; with another body it gets 409. An address
 * at `invalid.example` gets 422, like one that Resend refuses.
 * @param options.port a free port by default
 * @param options.seen is called with each accepted mail
 */
export async function startResendStandIn(
  options: { port?: number; seen?: (mail: SentMail) => void } = {},
): Promise<ResendStandIn> {
  const sent: SentMail[] = [];
  const keys: ResendStandIn["keys"] = [];
  const heard: ResendStandIn["heard"] = new Map();
  let patience = 0;
  const faults: ResendFault[] = [];
  const accepted = new Map<string, { body: string; id: string }>();

  const server = createServer((request, response) => {
    // In some tests the client hangs up.
    handle(request, response).catch(() => request.socket.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const body = await text(request);
    const idempotencyKey = request.headers["idempotency-key"]?.toString() ?? null;
    if (request.method !== "POST" || request.url !== "/emails") return refuse(response, 404, "not_found");
    keys.push(idempotencyKey);

    const fault = faults.shift();
    if (fault === "hang") return; // until the client gives up, or `stop`
    if (fault === "drop") return request.socket.destroy();
    if (typeof fault === "object" && "body" in fault) {
      response.writeHead(fault.status, { "content-type": "application/json", location: "/elsewhere" }).end(fault.body);
      return;
    }
    if (typeof fault === "object") return refuse(response, fault.status, fault.name, fault.retryAfterSeconds);

    if (!/^Bearer re_\w+$/.test(request.headers.authorization ?? "")) return refuse(response, 401, "missing_api_key");
    if (idempotencyKey !== null && !/^.{1,256}$/.test(idempotencyKey))
      return refuse(response, 400, "invalid_idempotency_key");
    const known = idempotencyKey === null ? undefined : accepted.get(idempotencyKey);
    if (known) {
      if (known.body !== body) return refuse(response, 409, "invalid_idempotent_request");
      return answer(response, 200, { id: known.id });
    }
    const mail = mailSchema.safeParse(json(body));
    if (!mail.success) return refuse(response, 422, "missing_required_field");
    if (mail.data.to.some((address) => address.endsWith("@invalid.example")))
      return refuse(response, 422, "validation_error", undefined, `Invalid \`to\` field: ${mail.data.to.join(", ")}`);

    const id = randomUUID();
    const now = performance.now();
    for (const address of mail.data.to) if (!heard.has(address)) heard.set(address, now);
    const accepting = { ...mail.data, id, idempotencyKey };
    sent.push(accepting);
    options.seen?.(accepting);
    if (idempotencyKey !== null) accepted.set(idempotencyKey, { body, id });
    if (fault === "lose-answer") return request.socket.destroy();
    if (fault === "withhold-answer") return;
    if (patience > 0) await sleep(patience);
    answer(response, 200, { id });
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the stand-in has no port");

  return {
    url: `http://127.0.0.1:${bound.port}`,
    sent,
    keys,
    heard,
    answerAfter: (ms) => {
      patience = ms;
    },
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
  statusCode: number,
  name = "application_error",
  retryAfterSeconds?: number,
  message = "This is the stand-in's refusal.",
): void {
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  answer(response, statusCode, { statusCode, name, message }, headers);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
