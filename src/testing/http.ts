import { createServer, type IncomingHttpHeaders, type RequestListener, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll } from "vitest";
import { createListener } from "@/front-door";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

export type Sent = { method?: string; headers?: Record<string, string>; body?: string; localAddress?: string };

/** Stands for Next behind the door: says what reached it. */
const echo: RequestListener = (req, res) => {
  res.setHeader("content-type", "application/json").end(JSON.stringify({ url: req.url, headers: req.headers }));
};

/**
 * The front door with the real tRPC handler on a free port, and nothing of Next behind it.
 * Call it at top level, after `testDatabase()` and before the settings are first read: it sets BASE_URL.
 */
export function testServer() {
  const server = createServer();
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // `listen` on a port always yields an AddressInfo; only pipes give a string.
    port = (server.address() as AddressInfo).port;
    process.env.BASE_URL = `http://localhost:${port}`;
    server.on("request", createListener(echo, { dev: false }));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** Sends a request as it stands, hostile or not: nothing is added but the Host. */
  function send(path: string, { method = "GET", headers = {}, body, localAddress }: Sent = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const options = {
        host: "127.0.0.1",
        port,
        path,
        method,
        localAddress,
        headers: { host: `localhost:${port}`, ...length, ...headers },
      };
      const req = request(options, (res) => {
        text(res).then(
          (answer) => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: answer }),
          reject,
        );
      });
      req.on("error", reject);
      req.end(body);
    });
  }

  /** Calls a mutation as our own page would. */
  function mutate(procedure: string, input: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return send(`/api/trpc/${procedure}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: `http://localhost:${port}`,
        "sec-fetch-site": "same-origin",
        ...headers,
      },
      body: typeof input === "string" ? input : JSON.stringify(input),
    });
  }

  return { send, mutate, port: () => port };
}

/** The cookies an answer sets, ready to be sent back. */
export function cookiesOf(answer: Answer): string {
  return (answer.headers["set-cookie"] ?? []).map((cookie) => cookie.split(";", 1)[0]).join("; ");
}
