import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll } from "vitest";
import { createListener } from "@/front-door";
import { answerInNodesPlace } from "@/nodes-answers";
import { type Answer, type Sent, send as sendTo } from "./send";

/** Stands in for Next: answers with the request that it got. */
const echo: RequestListener = (req, res) => {
  res.setHeader("content-type", "application/json").end(JSON.stringify({ url: req.url, headers: req.headers }));
};

/**
 * Starts the front door with tRPC and without Next.
 * Call it at top level, after `testDatabase()` and before the settings are first read: it sets BASE_URL.
 */
export function testServer() {
  const server = createServer({ requireHostHeader: false });
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // Only pipes have a string as their address.
    port = (server.address() as AddressInfo).port;
    process.env.BASE_URL = `http://localhost:${port}`;
    answerInNodesPlace(server, createListener(echo, { dev: false }));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const send = (path: string, sent: Sent = {}): Promise<Answer> => sendTo(port, path, sent);

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

/** The cookies of an answer, as a Cookie header. */
export function cookiesOf(answer: Answer): string {
  return (answer.headers["set-cookie"] ?? []).map((cookie) => cookie.split(";", 1)[0]).join("; ");
}
