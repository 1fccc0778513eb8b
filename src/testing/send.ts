import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string; milliseconds: number };

/** Headers to send. One with several values is sent as several lines. */
export type Lines = Record<string, string | string[]>;

/** A request. `from` is the address of this machine to send it from. */
export type Sent = { method?: string; headers?: Lines; body?: string; from?: string };

// Connections are kept open: with a new one for each request, times would measure the kernel.
const agents = new Map<string, Agent>();
function agentOf(from: string | undefined): Agent {
  const known = agents.get(from ?? "");
  if (known) return known;
  const agent = new Agent({ keepAlive: true, localAddress: from });
  agents.set(from ?? "", agent);
  return agent;
}

/** Sends a request unchanged, even a hostile one. Adds only BASE_URL's Host and the content length. */
export function send(
  port: number,
  path: string,
  { method = "GET", headers = {}, body, from }: Sent = {},
): Promise<Answer> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const options = {
      host: "127.0.0.1",
      port,
      path,
      method,
      agent: agentOf(from),
      headers: { host: new URL(process.env.BASE_URL ?? "").host, ...length, ...headers },
    };
    const req = request(options, (res) => {
      text(res).then((answer) => {
        const milliseconds = performance.now() - start;
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: answer, milliseconds });
      }, reject);
    });
    req.on("error", reject);
    req.end(body);
  });
}
