import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string; milliseconds: number };

/** Headers to send. Several values become several lines. */
export type Lines = Record<string, string | string[]>;

/** `from`: the address of this machine to send from. */
export type Sent = { method?: string; headers?: Lines; body?: string; from?: string };

// New connections would measure the kernel.
const agents = new Map<string, Agent>();
function agentOf(from: string | undefined): Agent {
  const known = agents.get(from ?? "");
  if (known) return known;
  const agent = new Agent({ keepAlive: true, localAddress: from });
  agents.set(from ?? "", agent);
  return agent;
}

/** Sends a request unchanged, with BASE_URL's Host and the length added. */
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
