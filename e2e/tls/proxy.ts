import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";

/** Made once, for a hundred years, and trusted by nobody: the tests' browser takes any certificate. */
const pem = (name: string) => readFileSync(new URL(`site.example.${name}.pem`, import.meta.url));

/**
 * What stands in front of an installation that the public uses: it ends TLS, and says where a request came from.
 * @param to the port of the app, asked for at each request: the app is told the proxy's before it has one
 */
export async function tlsProxy(to: () => number) {
  /** The Cookie header of each request, as its bytes came (Latin-1). */
  const cookies: string[] = [];
  const server = createServer({ key: pem("key"), cert: pem("crt") }, (req, res) => {
    cookies.push(req.headers.cookie ?? "");
    const headers = { ...req.headers, "x-forwarded-for": req.socket.remoteAddress ?? "" };
    const onward = request({ host: "127.0.0.1", port: to(), path: req.url, method: req.method, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(res);
    });
    onward.on("error", () => res.destroy());
    req.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    // `listen` on a port always yields an AddressInfo; only pipes give a string.
    port: (server.address() as AddressInfo).port,
    cookies,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
